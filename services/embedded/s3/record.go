package s3

import (
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
)

// record is what S3 knows of an object beyond its bytes. It stands in a file of its own, named after key, size and
// modification time, and is written before the object gets its name: whichever of two versions a kill leaves behind, the
// record found for it is its own. A file without a record, put there by hand or copied without its times, is an
// object without metadata.
type record struct {
	Key      string            `json:"key"`
	ETag     string            `json:"etag"` // MD5 of the content, hex
	Metadata map[string]string `json:"metadata,omitempty"`
}

func recordPath(bucket, key string, info fs.FileInfo) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return path.Join(metadataDir, bucket, name[:2], fmt.Sprintf("%s-%d-%d.json", name[2:], info.Size(), info.ModTime().UnixNano()))
}

// saveRecord writes rec durably under file.
func (f *folder) saveRecord(file string, rec record) error {
	text, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("save record: %w", err)
	}
	return f.saveDurably(file, text)
}

// saveDurably writes a small file whole or not at all.
func (f *folder) saveDurably(file string, text []byte) error {
	aside := path.Join(incomingDir, rand.Text())
	out, err := f.root.Create(aside)
	if err != nil {
		return fmt.Errorf("save %s: %w", file, err)
	}
	_, err = out.Write(text)
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = f.root.MkdirAll(path.Dir(file), 0o755)
	}
	if err == nil {
		err = f.root.Rename(aside, file)
	}
	if err != nil {
		f.drop(aside)
		return fmt.Errorf("save %s: %w", file, err)
	}
	return f.syncDirs(storeDir, path.Dir(file))
}

// loadRecord returns the record of the file that info describes, or computes what can be told from the content.
func (f *folder) loadRecord(bucket, key string, info fs.FileInfo) (record, error) {
	text, err := f.root.ReadFile(recordPath(bucket, key, info))
	var rec record
	if err == nil && json.Unmarshal(text, &rec) == nil && len(rec.ETag) == 2*md5.Size {
		return rec, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return rec, fmt.Errorf("load record: %w", err)
	}
	file, err := f.root.Open(path.Join(bucket, key))
	if err != nil {
		return rec, fmt.Errorf("hash object: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	sum := md5.New()                    //nolint:gosec // see import
	if _, err := io.Copy(sum, file); err != nil {
		return rec, fmt.Errorf("hash object: %w", err)
	}
	return record{Key: key, ETag: hex.EncodeToString(sum.Sum(nil))}, nil
}

// headers returns the metadata as gofakes3 wants it: by header, with the time of last modification.
func (r record) headers(info fs.FileInfo) map[string]string {
	headers := make(map[string]string, len(r.Metadata)+1)
	for name, value := range r.Metadata {
		headers[name] = value
	}
	headers["Last-Modified"] = info.ModTime().UTC().Format(http.TimeFormat)
	return headers
}
