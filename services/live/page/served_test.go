package page_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// As a browser gets them, and not as they lie in the folder.
func TestNoScriptThatIsServedMakesMarkupFromText(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write|srcdoc`)
	files, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".js") {
			continue
		}
		served := answer(t, "/assets/"+f.Name(), "").Body.String()
		if len(served) > 0 {
			scripts++
		}
		if found := forbidden.FindString(served); found != "" {
			t.Errorf("%s has %s", f.Name(), found)
		}
	}
	if scripts < 10 {
		t.Errorf("%d scripts are served", scripts)
	}
}
