package table

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDuckDBReadsTheTypesAndTheRowsThatWereWritten holds a table against the documents that it was made of, as a reader sees it that
// knows nothing of this package. DUCKDB_PYTHON names a Python that has duckdb and pytz; make test-parquet gets one.
func TestDuckDBReadsTheTypesAndTheRowsThatWereWritten(t *testing.T) {
	t.Parallel()
	python := os.Getenv("DUCKDB_PYTHON")
	if python == "" {
		t.Skip("DUCKDB_PYTHON names no Python that has duckdb; use make test-parquet")
	}
	values := make([][]byte, rowGroupRows+10) // two row groups
	for i := range values {
		d := document(i)
		d.Text = strings.Repeat("an invented post \U0001F63A \"quoted\" ", i%7)
		d.ObservedAt = noon.Add(time.Duration(i) * time.Millisecond)
		values[i] = encode(t, d)
	}
	var file bytes.Buffer
	if err := Write(&file, lines(t, values...)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "documents.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, "testdata/read.py", path)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	read := json.NewDecoder(bytes.NewReader(out))

	var types map[string]string
	if err := read.Decode(&types); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(types, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "duckdb.golden")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("types: want (-), got (+); UPDATE=1 writes them:\n%s", diff)
	}

	for i, value := range values {
		var row, document map[string]any
		if err := read.Decode(&row); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		if err := json.Unmarshal(value, &document); err != nil {
			t.Fatal(err)
		}
		document["timestamp"] = document["@timestamp"]
		delete(document, "@timestamp")
		document["kafka_partition"], document["kafka_offset"] = 2.0, float64(10+i)
		if diff := cmp.Diff(plain(document), plain(row)); diff != "" {
			t.Fatalf("row %d: want (-), got (+):\n%s", i, diff)
		}
	}
	if read.More() {
		t.Errorf("more than %d rows", len(values))
	}
}

// plain leaves out what a document may leave out: nulls, zeros and empty lists; and it writes times in one way.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if value = plain(value); value != nil {
				out[name] = value
			}
		}
		return out
	case []any:
		var out []any
		for _, one := range v {
			out = append(out, plain(one))
		}
		if out == nil {
			return nil
		}
		return out
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC()
		}
	}
	return v
}
