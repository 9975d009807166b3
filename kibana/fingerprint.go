package kibana

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
)

// Fingerprints returns the SHA-256 of every dashboards/*.yaml and compiled/*.json in dir, the folder of this package, in the
// form of sha256sum. compiled/SHA256SUMS holds those of the last compilation; where they differ, somebody has edited and
// not compiled.
func Fingerprints(dir fs.FS) ([]byte, error) {
	var files []string
	for _, pattern := range []string{"dashboards/*.yaml", "compiled/*.json"} {
		found, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, fmt.Errorf("list the dashboards: %w", err)
		}
		files = append(files, found...)
	}
	var out bytes.Buffer
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, fmt.Errorf("read a dashboard: %w", err)
		}
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(text), file)
	}
	return out.Bytes(), nil
}
