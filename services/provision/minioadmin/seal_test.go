package minioadmin

import (
	"bytes"
	"testing"
)

func TestWhatIsSealedIsOpenedWithTheSameSecretOnly(t *testing.T) {
	t.Parallel()
	text := []byte(`{"secretKey":"invented"}`)
	sealed, err := seal("secret", text)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("invented")) {
		t.Error("it can be read")
	}
	if again, err := seal("secret", text); err != nil || bytes.Equal(sealed, again) {
		t.Errorf("the same text twice gives the same, %v", err)
	}
	salt, nonce, rest := sealed[:saltBytes], sealed[saltBytes+1:saltBytes+1+nonceBytes], sealed[saltBytes+1+nonceBytes:]
	for secret, opens := range map[string]bool{"secret": true, "Secret": false} {
		aead, err := cipherOf(secret, salt)
		if err != nil {
			t.Fatal(err)
		}
		got, err := aead.Open(nil, numbered(nonce, 1), rest, lastFragment(aead, nonce))
		if (err == nil) != opens || opens && !bytes.Equal(got, text) {
			t.Errorf("%s: got %q, %v", secret, got, err)
		}
	}
}

func TestMoreThanAFragmentIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := seal("secret", make([]byte, maxPlainBytes+1)); err == nil {
		t.Error("it would be sealed wrongly")
	}
}
