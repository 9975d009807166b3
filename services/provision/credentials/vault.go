package credentials

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secretBytes is how much of a secret is chance: 192 bits, 48 characters that need no escaping anywhere.
const secretBytes = 24

// vault is the folder that keeps every secret, each in a file that only the owner can read.
type vault struct{ dir string }

func (v vault) open() error {
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return fmt.Errorf("make the vault: %w", err)
	}
	// A volume that is new has the mode that the engine gives it.
	if err := os.Chmod(v.dir, 0o700); err != nil {
		return fmt.Errorf("close the vault for others: %w", err)
	}
	return nil
}

// secrets returns all secrets by name and makes those that are missing.
func (v vault) secrets() (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range names() {
		secret, err := v.keep(name, func() ([]byte, error) {
			b := make([]byte, secretBytes)
			_, err := rand.Read(b)
			return []byte(hex.EncodeToString(b)), err
		})
		if err != nil {
			return nil, err
		}
		all[name] = secret
	}
	return all, nil
}

// keep returns what the vault has by a name; what was made for it when there was nothing. Of several who make it at the same
// time all get what the first has made: a link, unlike a rename, replaces nothing.
func (v vault) keep(name string, made func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(v.dir, name)
	have, err := os.ReadFile(path)
	if err == nil && len(bytes.TrimSpace(have)) > 0 {
		return have, nil
	}
	if err == nil {
		return nil, fmt.Errorf("%s is empty: remove it, and a new one is made", path)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the secret %s: %w", name, err)
	}
	content, err := made()
	if err != nil {
		return nil, fmt.Errorf("make the secret %s: %w", name, err)
	}
	temporary, err := written(v.dir, content)
	if err != nil {
		return nil, fmt.Errorf("keep the secret %s: %w", name, err)
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("keep the secret %s: %w", name, err)
	}
	return os.ReadFile(path)
}

// show prints a secret, or the names of all.
func (v vault) show(out io.Writer, name string) error {
	all, err := os.ReadDir(v.dir)
	if err != nil {
		return fmt.Errorf("look into the vault: %w", err)
	}
	var known []string
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), ".") {
			known = append(known, e.Name())
		}
	}
	if name == "names" {
		_, err := fmt.Fprintln(out, strings.Join(known, "\n"))
		return err
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("the vault has no secret %q; it has %s", name, strings.Join(known, ", "))
	}
	secret, err := os.ReadFile(filepath.Join(v.dir, name))
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", bytes.TrimSpace(secret))
	}
	return err
}

// written writes a file of its own in a folder, which only its owner can read, and returns its path.
func written(dir string, content []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, ".new-*") // with mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	// Not 0600: Elasticsearch takes both, and nothing writes it again.
	err = errors.Join(err, f.Chmod(0o400), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// deliver puts a file into its reader's folder, in place of the one that is there. It is the reader's from the moment on at
// which it has its name. The folder stays ours, and lets everybody through to what is theirs.
func deliver(folder string, f file, give func(path string, uid, gid int) error) error {
	temporary, err := written(folder, f.content)
	if err != nil {
		return err
	}
	err = give(temporary, f.reader.uid, f.reader.gid)
	if err == nil {
		err = os.Rename(temporary, filepath.Join(folder, f.name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
