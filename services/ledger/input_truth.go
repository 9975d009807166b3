package ledger

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/ledger/account"
)

const (
	truthPage = 5000
	// maxTruthLine bounds a line of the truth, which has some three hundred bytes.
	maxTruthLine = 64 << 10
	// truthWait bounds one question.
	truthWait = 30 * time.Second
)

var errTruthLine = errors.New("no line of the truth")

// truthLine is a line of what the simulator says that it handed over. Fields that are missing make the account say less.
type truthLine struct {
	N          int64           `json:"n"`
	At         time.Time       `json:"at"` // of a cut, when the connection has ended
	HandedAt   time.Time       `json:"handed_at"`
	ID         string          `json:"id"`
	FirstID    string          `json:"first_id"`
	Kind       string          `json:"kind"`
	By         string          `json:"by"`
	Connection string          `json:"connection"`
	SHA256     string          `json:"sha256"`
	Cut        json.RawMessage `json:"cut"`   // true: this line; a name: what that connection was handed behind line After
	After      int64           `json:"after"` // with the name of a connection
}

// truth reads what the simulator says that it handed over, from a file or from the simulator, and goes on where it was.
type truth struct {
	path, url string
	client    *http.Client

	offset int64 // in the file
	lines  int64 // that were read
	after  int64 // the last line's number
	began  string
}

// headerBegan says since when the simulator counts its lines as it does.
const headerBegan = "Truth-Began"

var firstKept = regexp.MustCompile(`after=(\d{1,18})`)

// read passes what is new to the book. It returns a note when lines are not to be had any more.
func (t *truth) read(ctx context.Context, into *account.Handed) (note string, err error) {
	if t.path != "" {
		if err := t.readFile(into); err != nil {
			return "", fmt.Errorf("read --truth=%s: %w", t.path, err)
		}
		return "", nil
	}
	for {
		n, note, err := t.page(ctx, into)
		if err != nil {
			return "", fmt.Errorf("ask the simulator what it handed over: %w", err)
		}
		if note != "" || n < truthPage {
			return note, nil
		}
	}
}

func (t *truth) readFile(into *account.Handed) (err error) {
	file, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	if _, err := file.Seek(t.offset, io.SeekStart); err != nil {
		return err
	}
	_, err = t.take(file, into)
	return err
}

// page asks for some lines and returns how many came.
func (t *truth) page(ctx context.Context, into *account.Handed) (n int, note string, err error) {
	ctx, cancel := context.WithTimeout(ctx, truthWait)
	defer cancel()
	question := strings.TrimSuffix(t.url, "/") + "/simulator/v1/truth?" + url.Values{
		"after": {strconv.FormatInt(t.after, 10)}, "limit": {strconv.Itoa(truthPage)},
	}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, question, nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := t.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }() // what was read has been read
	switch answer.StatusCode {
	case http.StatusOK:
		began := answer.Header.Get(headerBegan)
		if t.began != "" && t.began != began && t.after > 0 {
			t.began, t.after = began, 0
			return truthPage, "", nil // it counts anew, so what came is not what was asked for
		}
		t.began = began
		n, err = t.take(answer.Body, into)
		return n, "", err
	case http.StatusGone: // it says from where on it has lines
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		if from := firstKept.FindSubmatch(why); from != nil {
			t.after, _ = strconv.ParseInt(string(from[1]), 10, 64) // digits, or 0
		}
		return 0, "lines of the simulator are not accounted for: " + strings.TrimSpace(string(why)), nil
	}
	return 0, "", fmt.Errorf("it answered %s", answer.Status)
}

// take takes whole lines; one that is being written is left for the next time.
func (t *truth) take(from io.Reader, into *account.Handed) (n int, err error) {
	in := bufio.NewReaderSize(from, maxTruthLine)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("line %d: %w", t.lines+1, err)
		}
		t.offset += int64(len(text))
		t.lines++
		n++
		var l truthLine
		if err := json.Unmarshal(text, &l); err != nil {
			return n, fmt.Errorf("%w: line %d: %w", errTruthLine, t.lines, err)
		}
		if l.N == 0 {
			l.N = t.lines // of an older simulator
		}
		t.after = max(t.after, l.N)
		var connection string
		if json.Unmarshal(l.Cut, &connection) == nil && connection != "" {
			into.CutOff(connection, l.After, l.At)
			continue
		}
		into.Hand(l.line())
	}
}

func (l truthLine) line() account.Line {
	handed := account.Line{
		N: l.N, HandedAt: l.HandedAt, ID: l.ID, FirstID: l.FirstID, Kind: l.Kind, By: l.By, Connection: l.Connection,
		Cut: string(l.Cut) == "true",
	}
	if sum, err := hex.DecodeString(l.SHA256); err == nil && len(sum) == 32 {
		handed.Digest = account.Digest(sum[:16])
	}
	return handed
}
