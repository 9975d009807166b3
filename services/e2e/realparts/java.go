//go:build unix

package realparts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const oldestJava = 17

var errNoJava = errors.New("a JDK 17 or newer is missing: install one (Debian and Ubuntu: apt-get install openjdk-17-jdk-headless; macOS: brew install openjdk@17) and put its java in the PATH or set JAVA_HOME, or give the addresses of running servers")

// jdk finds a Java and returns its home. JAVA_HOME comes before the PATH.
func jdk(ctx context.Context) (home string, err error) {
	launcher := "java"
	if given := os.Getenv("JAVA_HOME"); given != "" {
		launcher = filepath.Join(given, "bin", "java")
	}
	// The launcher itself is asked: in the PATH it may be a link, or a stub that finds the real one.
	said, err := exec.CommandContext(ctx, launcher, "-XshowSettings:properties", "-version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w (%s: %w)", errNoJava, launcher, err)
	}
	return readJava(said)
}

// readJava reads what java -XshowSettings:properties prints.
func readJava(said []byte) (home string, err error) {
	settings := map[string]string{}
	for line := range bytes.Lines(said) {
		if name, value, ok := strings.Cut(strings.TrimSpace(string(line)), " = "); ok {
			settings[name] = value
		}
	}
	version := settings["java.specification.version"] // 1.8, 11, 17, 21
	major, err := strconv.Atoi(strings.TrimPrefix(version, "1."))
	home = settings["java.home"]
	if err != nil || home == "" {
		return "", fmt.Errorf("%w (the one that was found does not tell its version)", errNoJava)
	}
	if major < oldestJava {
		return "", fmt.Errorf("%w (%s is a Java %d)", errNoJava, home, major)
	}
	return home, nil
}
