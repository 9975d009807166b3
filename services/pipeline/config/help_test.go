package config

import (
	"strings"
	"testing"
)

// A help is pasted into tickets, and a mistake stands in the log of whatever starts the process.
func TestNeitherHelpNorAMistakeShowsASecretThatIsSet(t *testing.T) {
	const text = "AAAA-very-secret"
	_, help, err := load(t, map[string]string{"CATSVDOGS_TOKEN": text}, "--help")
	if err != nil || !strings.Contains(help, "--token") {
		t.Fatalf("%v:\n%s", err, help)
	}
	if strings.Contains(help, text) {
		t.Errorf("the help shows the secret:\n%s", help)
	}
	for _, args := range [][]string{{"--rate", "0"}, {"--level", "none"}, {"--unknown"}, {"--token", text, "--wait", "long"}} {
		_, printed, err := load(t, map[string]string{"CATSVDOGS_TOKEN": text}, args...)
		if err == nil {
			t.Errorf("%q is no mistake", args)
		} else if strings.Contains(err.Error()+printed, text) {
			t.Errorf("%q shows the secret: %v\n%s", args, err, printed)
		}
	}
}
