package archive

import "testing"

// FuzzAnIntentNamesAnObjectOrIsNone: whatever stands in the metadata of a committed offset, which every member of the group may
// write. What is read is written the same.
func FuzzAnIntentNamesAnObjectOrIsNone(f *testing.F) {
	f.Add(`{"object":"tweets.raw/dt=2026-11-23/hour=12/tweets.raw-3-00000000000000000012.ndjson.zst","start":12,"last":99}`)
	f.Add(`{"object":"../../etc/passwd","start":-1}`)
	f.Add(`{"object":"","x":[[[[]]]]}`)
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, metadata string) {
		a, err := parseIntent(metadata)
		if err != nil || a == nil {
			return
		}
		if a.object.Name() != a.Object {
			t.Errorf("%q names %q", metadata, a.object.Name())
		}
		again, err := parseIntent(a.String())
		if err != nil || again == nil || *again != *a {
			t.Errorf("%q is %+v, and written and read again %+v, %v", metadata, a, again, err)
		}
	})
}
