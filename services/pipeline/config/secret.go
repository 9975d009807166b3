package config

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Secret is a value that no log, error or %v shows. Reveal is the only way to the text.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[hidden]"
}

// GoString hides the text from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the text from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

// maxSecretFileBytes bounds a secret file; a bearer token has some hundred bytes.
const maxSecretFileBytes = 64 << 10

// SecretFrom returns value, or, when file is given, the content of that file without surrounding white space. Giving
// both is an error.
func SecretFrom(value Secret, file string) (Secret, error) {
	if file == "" {
		return value, nil
	}
	if value != "" {
		return "", fmt.Errorf("%w: give the secret itself or the file %s, not both", ErrConfig, file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if info.Size() > maxSecretFileBytes {
		return "", fmt.Errorf("read the secret: %s has %d bytes, over the limit of %d", file, info.Size(), maxSecretFileBytes)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return "", fmt.Errorf("%w: the secret file %s is empty", ErrConfig, file)
	}
	return Secret(text), nil
}
