//go:build unix

package realparts

import (
	"errors"
	"strings"
	"testing"
)

func TestAJavaThatIsTooOldOrNoneIsRefusedWithWhatToInstall(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{
		"8":           "Property settings:\n    java.home = /opt/jre8\n    java.specification.version = 1.8\n",
		"11":          "Property settings:\n    java.home = /opt/jdk-11\n    java.specification.version = 11\n",
		"another one": "java: an animal in the sea\n",
	} {
		if home, err := readJava([]byte(said)); !errors.Is(err, errNoJava) || !strings.Contains(err.Error(), "apt-get install") || home != "" {
			t.Errorf("%s: got %q, %v", name, home, err)
		}
	}
	for _, version := range []string{"17", "21", "25"} {
		home, err := readJava([]byte("Property settings:\n    java.home = /opt/jdk 17\n    java.specification.version = " + version + "\nopenjdk version"))
		if err != nil || home != "/opt/jdk 17" {
			t.Errorf("Java %s: got %q, %v", version, home, err)
		}
	}
}
