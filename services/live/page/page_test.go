package page_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"catsvdogs/services/live/page"
)

func answer(t *testing.T, path, ifNoneMatch string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := page.New(page.Shown{Name: "Cats & <Dogs>", Colors: []string{"#E69F00", "#0072B2"}, Account: true})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("If-None-Match", ifNoneMatch)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestThePageHasNothingInlineAndNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String() + answer(t, "/embed", "").Body.String()
	for what, pattern := range map[string]string{
		"a script in the markup":    `<script(?:>|[^>]*[^>]>[^<])`,
		"a style in the markup":     `<style|\sstyle=`,
		"a handler in the markup":   `\son[a-z]+=`,
		"an address of another one": `(?:src|href)="(?:https?:)?//`,
	} {
		if found := regexp.MustCompile(pattern).FindString(index); found != "" {
			t.Errorf("the page has %s: %s", what, found)
		}
	}
}

func TestScriptsNeverMakeMarkupFromText(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style'`)
	external := regexp.MustCompile(`(?:import|from|fetch\(|EventSource\()\s*['"](?:https?:)?//`)
	files, err := fs.Glob(os.DirFS("assets"), "*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range files {
		source, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(source); found != nil {
			t.Errorf("%s has %s", name, found)
		}
		if found := external.Find(source); found != nil {
			t.Errorf("%s loads from elsewhere: %s", name, found)
		}
	}
}

func TestEveryFileThatThePageNamesIsServed(t *testing.T) {
	t.Parallel()
	both := answer(t, "/", "").Body.String() + answer(t, "/embed", "").Body.String()
	named := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(both, -1)
	if len(named) < 5 {
		t.Fatalf("the page names %d files", len(named))
	}
	for _, n := range named {
		w := answer(t, n[1], "")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") == "" {
			t.Errorf("%s gives %d, type %q", n[1], w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// imports are the files that a script names in its import lines.
func imports(t *testing.T, name string) []string {
	t.Helper()
	source, err := os.ReadFile("assets/" + name)
	if err != nil {
		t.Fatalf("a script imports what is not there: %v", err)
	}
	var names []string
	for _, n := range regexp.MustCompile(`(?m)^import .*'\./([^']+)';$`).FindAllStringSubmatch(string(source), -1) {
		names = append(names, n[1])
	}
	return names
}

func TestEveryScriptThatThePageNeedsIsLoadedAhead(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String()
	needed := []string{"app.js"}
	for i := 0; i < len(needed); i++ {
		for _, name := range imports(t, needed[i]) {
			if !slices.Contains(needed, name) {
				needed = append(needed, name)
			}
		}
	}
	if len(needed) < 20 {
		t.Fatalf("only %d scripts are found", len(needed))
	}
	for _, name := range needed {
		if !strings.Contains(index, `"/assets/`+name+`"`) {
			t.Errorf("%s is found only after another script was read", name)
		}
	}
}

func TestNoFileIsLeftOver(t *testing.T) {
	t.Parallel()
	used := answer(t, "/", "").Body.String() + answer(t, "/embed", "").Body.String()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != "index.html" && name != "embed.html" && name != "worker.js" && !strings.Contains(used, "/assets/"+name+`"`) {
			t.Errorf("nothing uses %s", name)
		}
	}
	if stream, err := os.ReadFile("assets/stream.js"); err != nil || !strings.Contains(string(stream), "'/assets/worker.js'") {
		t.Errorf("nothing uses worker.js (%v)", err)
	}
}

func TestNoFileNamesAnAddressOfAnotherHostToLoad(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	loads := regexp.MustCompile(`\burl\(|@import|@font-face|sourceMappingURL|//[a-z0-9.-]+\.(?:com|net|org|io|dev)/[^\s]*\.(?:js|css|woff2?|png|svg)`)
	for _, e := range entries {
		content, err := os.ReadFile("assets/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range loads.FindAllString(string(content), -1) {
			if e.Name() == "palette.js" && found == "url(" {
				continue // a pattern of the same document
			}
			t.Errorf("%s has %s", e.Name(), found)
		}
	}
}

func TestThePolicyAllowsOwnFilesOnlyAndOnlyTheCardIsFramed(t *testing.T) {
	t.Parallel()
	for path, ancestors := range map[string]string{"/": "'none'", "/embed": "*", "/assets/worker.js": "'none'"} {
		policy := answer(t, path, "").Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, part+";") {
				t.Errorf("the policy of %s lacks %s: %s", path, part, policy)
			}
		}
		if !strings.HasSuffix(policy, "frame-ancestors "+ancestors) {
			t.Errorf("the policy of %s says %s about frames", path, policy)
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("the policy of %s is open: %s", path, policy)
		}
	}
}

func TestTheContestsNameIsTextInThePage(t *testing.T) {
	t.Parallel()
	index := answer(t, "/", "").Body.String()
	if !strings.Contains(index, "<title>Cats &amp; &lt;Dogs&gt;</title>") {
		t.Error("the title does not hold the contest's name as text")
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	t.Parallel()
	first := answer(t, "/assets/app.js", "")
	if again := answer(t, "/assets/app.js", first.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("a browser that has the file got %d, want 304", again.Code)
	}
	if other := answer(t, "/assets/app.js", `"older"`); other.Code != http.StatusOK {
		t.Errorf("a browser with an older file got %d, want 200", other.Code)
	}
	if none := answer(t, "/assets/../page.go", ""); none.Code != http.StatusNotFound {
		t.Errorf("a file that is not the page's got %d, want 404", none.Code)
	}
}

func TestTheIconHasTheTeamsColours(t *testing.T) {
	t.Parallel()
	icon := answer(t, "/assets/icon.svg", "").Body.String()
	for _, color := range []string{"#E69F00", "#0072B2"} {
		if !strings.Contains(icon, color) {
			t.Errorf("the icon lacks %s", color)
		}
	}
}

func TestOnlyARehearsalLoadsWhatBreaksThings(t *testing.T) {
	t.Parallel()
	for rehearsal, want := range map[bool]int{true: 2, false: 0} {
		p, err := page.New(page.Shown{Name: "Cats", Rehearsal: rehearsal})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if n := strings.Count(w.Body.String(), page.RehearsalPath); n != want {
			t.Errorf("rehearsal %v: %d files of it", rehearsal, n)
		}
	}
}
