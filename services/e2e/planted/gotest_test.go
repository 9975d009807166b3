package planted

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatTheGoCommandSaysIsUnderstood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines          string
		passed, failed []string
		built, hung    bool
	}{
		"one passes and one fails in a part": {
			`{"Action":"run","Test":"TestA"}
{"Action":"pass","Test":"TestA"}
{"Action":"run","Test":"TestB"}
{"Action":"run","Test":"TestB/part"}
{"Action":"fail","Test":"TestB/part"}
{"Action":"fail","Test":"TestB"}
{"Action":"fail"}`, []string{"TestA"}, []string{"TestB"}, true, false,
		},
		"it does not compile": {
			`{"ImportPath":"a","Action":"build-output","Output":"undefined: b"}
{"ImportPath":"a","Action":"build-fail"}
{"Action":"fail","FailedBuild":"a"}`, nil, nil, false, false,
		},
		"a goroutine panics": {
			`{"Action":"run","Test":"TestA"}
{"Action":"pause","Test":"TestA"}
{"Action":"run","Test":"TestB"}
{"Action":"output","Output":"panic: no"}
{"Action":"fail"}`, nil, []string{"TestB"}, true, false,
		},
		"a test hangs": {
			`{"Action":"run","Test":"TestA"}
{"Action":"run","Test":"TestB"}
{"Action":"output","Test":"TestB","Output":"panic: test timed out after 1s\n\trunning tests:\n\t\tTestB/part (1s)\n"}
{"Action":"output","Test":"TestB","Output":"\ngoroutine 1 [running]:\n\tTestA (1s)\n"}
{"Action":"fail","Test":"TestB"}`, nil, []string{"TestB"}, true, true,
		},
		"a test is skipped": {
			`go: something that is no JSON
{"Action":"run","Test":"TestA"}
{"Action":"skip","Test":"TestA"}`, nil, nil, true, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read([]byte(c.lines))
			if diff := cmp.Diff(c.passed, got.passed) + cmp.Diff(c.failed, got.failed); diff != "" || got.built != c.built || got.hung != c.hung {
				t.Errorf("built: %t, hung: %t\n%s", got.built, got.hung, diff)
			}
		})
	}
}
