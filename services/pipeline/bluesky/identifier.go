package bluesky

import "strings"

// Identifiers become keys of records and parts of addresses, so what is not of their form goes no further.

const (
	maxDIDBytes       = 2048
	maxRecordKeyBytes = 512
	alphanumeric      = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// validDID follows https://atproto.com/specs/did: did:METHOD:IDENTIFIER.
func validDID(did string) bool {
	method, id, found := strings.Cut(strings.TrimPrefix(did, "did:"), ":")
	return found && strings.HasPrefix(did, "did:") && len(did) <= maxDIDBytes &&
		madeOf(method, "abcdefghijklmnopqrstuvwxyz") && madeOf(id, alphanumeric+"._:%-") && !strings.ContainsAny(id[len(id)-1:], ":%")
}

// validRecordKey follows https://atproto.com/specs/record-key.
func validRecordKey(key string) bool {
	return len(key) <= maxRecordKeyBytes && key != "." && key != ".." && madeOf(key, alphanumeric+"_~.:-")
}

// madeOf says whether s has at least one letter and none but these.
func madeOf(s, letters string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(letters, r) }) < 0
}
