package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Overlay plants the fault for whoever builds the product: list is a file for go build -overlay, which remove removes. root
// is the folder of the repository. The error wraps ErrOutdated where the code is another one by now.
func (f *Fault) Overlay(root string) (list string, remove func(), err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return "", nil, fmt.Errorf("find the repository: %w", err)
	}
	changed, err := f.plant(root)
	if err != nil {
		return "", nil, err
	}
	return writeOverlay(root, changed)
}

// writeOverlay writes the changed files, and the list of them that the Go command reads, into a folder that remove removes.
func writeOverlay(root string, changed map[string][]byte) (list string, remove func(), err error) {
	folder, err := os.MkdirTemp("", "planted-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the changed files: %w", err)
	}
	remove = func() { _ = os.RemoveAll(folder) } // what is left behind does no harm
	defer func() {
		if err != nil {
			remove()
		}
	}()
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for file, source := range changed {
		copied := filepath.Join(folder, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, source, 0o600); err != nil {
			return "", nil, fmt.Errorf("write a changed file: %w", err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(file))] = copied
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", nil, fmt.Errorf("list the changed files: %w", err)
	}
	list = filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", nil, fmt.Errorf("list the changed files: %w", err)
	}
	return list, remove, nil
}
