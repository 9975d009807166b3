package config

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

type part struct {
	Brokers []string `help:"Brokers." default:"${brokers=a:1,b:2}"`
}

type settings struct {
	Part   part          `embed:""`
	Rate   float64       `help:"Posts a second." default:"5" placeholder:"N"`
	Wait   time.Duration `help:"How long." default:"1s"`
	Level  string        `help:"One of ${enum}." enum:"low,high" default:"low"`
	Token  Secret        `help:"Bearer token."`
	Hidden *int          `kong:"-"`
}

func (s *settings) Validate() error {
	if s.Rate <= 0 {
		return errors.Join(errors.New("--rate: give more than 0"), errors.New("--rate: really"))
	}
	return nil
}

// load is Load for a test; the environment cannot be changed in parallel tests.
func load(t *testing.T, env map[string]string, args ...string) (settings, string, error) {
	t.Helper()
	for k, v := range env {
		t.Setenv(k, v)
	}
	var s settings
	var out bytes.Buffer
	exited := false
	err := Load(Program{Name: "stage", About: "Does things."}, &s, args, &out, func(int) { exited = true })
	if exited != strings.Contains(out.String(), "Usage:") {
		t.Errorf("exited: %t, printed: %s", exited, out.String())
	}
	return s, out.String(), err
}

func TestFlagsWinOverVariablesAndVariablesOverDefaults(t *testing.T) {
	s, _, err := load(t, map[string]string{"CATSVDOGS_RATE": "7", "CATSVDOGS_WAIT": "2s", "CATSVDOGS_LEVEL": ""}, "--wait", "3s")
	if err != nil {
		t.Fatal(err)
	}
	if s.Rate != 7 || s.Wait != 3*time.Second || s.Level != "low" || len(s.Part.Brokers) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestAllMistakesComeInOneMessage(t *testing.T) {
	_, _, err := load(t, map[string]string{"CATSVDOGS_RATE": "-1", "CATSVDOGS_RATTE": "1"},
		"--wait", "soon", "--level=medium", "--wiat", "3s", "--colour=red")
	if !errors.Is(err, ErrConfig) {
		t.Fatalf("got %v, want ErrConfig", err)
	}
	for _, want := range []string{
		"CATSVDOGS_RATTE is set but means nothing to stage",
		"--wait: ", "--level: must be one of low, high but got \"medium\"",
		"unknown flag --wiat", "unknown flag --colour",
		"--rate: give more than 0", "--rate: really",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q:\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != 8 {
		t.Errorf("the message has %d lines after the first, want 8:\n%v", n, err)
	}
}

func TestANegativeValueIsAMistakeAboutItsFlag(t *testing.T) {
	_, _, err := load(t, nil, "--rate", "-1", "--wait", "-3s", "--level", "loud")
	if err == nil || !strings.Contains(err.Error(), "--rate: give more than 0") || !strings.Contains(err.Error(), "--level: must be") || strings.Contains(err.Error(), "unknown flag") {
		t.Errorf("got %v", err)
	}
}

func TestHelpNamesEveryFlagWithItsVariable(t *testing.T) {
	_, help, err := load(t, nil, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--rate=N", "default 5", "a:1,b:2", "Does things.", "--brokers", "CATSVDOGS_BROKERS", "--rate", "CATSVDOGS_RATE", "--token", "CATSVDOGS_TOKEN"} {
		if !strings.Contains(help, want) {
			t.Errorf("the help lacks %q:\n%s", want, help)
		}
	}
}

func TestTheVariablesOfAConfigurationAreThoseOfAllItsParts(t *testing.T) {
	t.Parallel()
	got, err := Variables(&settings{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"CATSVDOGS_BROKERS", "CATSVDOGS_LEVEL", "CATSVDOGS_RATE", "CATSVDOGS_TOKEN", "CATSVDOGS_WAIT"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAProgramMayHaveItsOwnDefaultOfASharedPart(t *testing.T) {
	var s settings
	p := Program{Name: "stage", Defaults: map[string]string{"brokers": ""}}
	if err := Load(p, &s, nil, &bytes.Buffer{}, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if len(s.Part.Brokers) != 0 {
		t.Errorf("%q", s.Part.Brokers)
	}
}

func TestDefaultsFillOnlyWhatIsNotSetAndPassTheEnvironmentBy(t *testing.T) {
	t.Setenv("CATSVDOGS_LEVEL", "high")
	s := settings{Rate: 9}
	if err := Defaults(&s); err != nil {
		t.Fatal(err)
	}
	if s.Rate != 9 || s.Wait != time.Second || s.Level != "low" {
		t.Errorf("%+v", s)
	}
	if err := Defaults(&settings{Rate: -1}); !errors.Is(err, ErrConfig) {
		t.Errorf("got %v, want ErrConfig", err)
	}
}

func TestASecretShowsNowhere(t *testing.T) {
	t.Parallel()
	const text = "AAAA-very-secret"
	s := settings{Token: text}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", s, "token", s.Token)
	shown := fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s.Token, s.Token) + log.String()
	if strings.Contains(shown, text) {
		t.Errorf("the secret shows: %s", shown)
	}
	if s.Token.Reveal() != text {
		t.Error("the secret is lost")
	}
}

func TestASecretComesFromAFileWithoutItsLineEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	if s, err := SecretFrom("", write("token", " abc\n")); err != nil || s.Reveal() != "abc" {
		t.Errorf("%q, %v", s.Reveal(), err)
	}
	for name, file := range map[string]string{
		"empty": write("empty", "\n"), "missing": filepath.Join(dir, "none"), "huge": write("huge", strings.Repeat("x", 1<<17)),
	} {
		if _, err := SecretFrom("", file); err == nil {
			t.Errorf("%s file is taken", name)
		}
	}
	if _, err := SecretFrom("a", "b"); err == nil {
		t.Error("both are taken")
	}
}
