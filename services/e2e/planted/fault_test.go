package planted

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

const root = "../../.."

func TestEachFaultStillFitsTheCode(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range Faults() {
		if names[f.Name] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(f.Name) || f.Happens == "" || len(f.Edits) == 0 || len(f.Tests) == 0 {
			t.Errorf("%s: name, what happens, edits or tests are missing or not unique", f.Name)
		}
		names[f.Name] = true
		changed, err := f.plant(root)
		if err != nil {
			t.Error(err)
			continue
		}
		for file, source := range changed {
			if _, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution); err != nil && filepath.Ext(file) == ".go" {
				t.Errorf("%s: what is planted is no Go: %v", f.Name, err)
			}
			before, err := os.ReadFile(filepath.Join(root, file))
			if err != nil || string(before) == string(source) {
				t.Errorf("%s: %s is not changed (%v)", f.Name, file, err)
			}
		}
	}
}

func TestEachTestThatIsToCatchAFaultIsThere(t *testing.T) {
	t.Parallel()
	there := map[string]map[string]bool{}
	for _, f := range Faults() {
		for _, of := range f.Tests {
			if len(of.Names) == 0 {
				t.Errorf("%s names no test of %s", f.Name, of.Package)
			}
			if there[of.Package] == nil {
				there[of.Package] = testsOf(t, of.Package)
			}
			for _, name := range of.Names {
				if !there[of.Package][name] {
					t.Errorf("%s: %s has no test %s", f.Name, of.Package, name)
				}
			}
		}
	}
}

func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
			found[string(m[1])] = true
		}
	}
	return found
}

func TestAFaultThatDoesNotFitIsOutOfDate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.go"), []byte("one two two"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range []Edit{{"a.go", "two", "three"}, {"a.go", "three", "two"}, {"b.go", "one", "two"}} {
		f := Fault{Name: "it", Edits: []Edit{e}}
		if _, err := f.plant(folder); !errors.Is(err, ErrOutdated) {
			t.Errorf("%+v: %v", e, err)
		}
	}
	f := Fault{Name: "it", Edits: []Edit{{"a.go", "one", "three"}, {"a.go", "three two two", "four"}}}
	changed, err := f.plant(folder)
	if err != nil || string(changed["a.go"]) != "four" {
		t.Errorf("%q, %v", changed, err)
	}
}
