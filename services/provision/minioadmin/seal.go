package minioadmin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// How MinIO wants secrets on the wire, TLS or not: encrypted with a key that is derived from the secret key of the user who
// asks. Of the ways to derive it, PBKDF2 needs no memory worth mentioning; Argon2id would take 64 MiB.
// https://github.com/minio/madmin-go/blob/v3.0.109/encrypt.go,
// https://github.com/secure-io/sio-go/blob/v0.3.1/sio.go
const (
	saltBytes  = 32
	nonceBytes = 8 // of AES-GCM's 12; the rest counts fragments
	rounds     = 8192
	keyBytes   = 32
	algorithm  = 0x02 // PBKDF2 with SHA-256, AES-256-GCM

	// maxPlainBytes is one fragment, which is all that is written here.
	maxPlainBytes = 16 << 10
)

// seal encrypts a text of at most 16 KiB: salt, algorithm, nonce, and the one fragment, which is the last.
func seal(secret string, text []byte) ([]byte, error) {
	if len(text) > maxPlainBytes {
		return nil, fmt.Errorf("%d bytes are over the limit of %d", len(text), maxPlainBytes)
	}
	head := make([]byte, saltBytes+nonceBytes)
	if _, err := rand.Read(head); err != nil {
		return nil, err
	}
	salt, nonce := head[:saltBytes], head[saltBytes:]
	aead, err := cipherOf(secret, salt)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(salt, []byte{algorithm}, nonce)
	return aead.Seal(out, numbered(nonce, 1), text, lastFragment(aead, nonce)), nil
}

func cipherOf(secret string, salt []byte) (cipher.AEAD, error) {
	key, err := pbkdf2.Key(sha256.New, secret, salt, rounds, keyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// lastFragment is what the last fragment is bound to: a mark, and the tag of nothing under the nonce of number 0.
func lastFragment(aead cipher.AEAD, nonce []byte) []byte {
	return aead.Seal([]byte{0x80}, numbered(nonce, 0), nil, nil)
}

func numbered(nonce []byte, fragment uint32) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(nonce), fragment)
}
