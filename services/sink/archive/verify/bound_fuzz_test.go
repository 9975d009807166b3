package verify

import "testing"

// FuzzABoundIsAnOffsetATimeOrNone: never two of them.
func FuzzABoundIsAnOffsetATimeOrNone(f *testing.F) {
	for _, seed := range []string{"", "12", "-1", "2026-11-23", "2026-11-23T12:00:00Z", "9223372036854775808", "0001-01-01", "9999-12-31T23:59:59-23:59"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBound(text)
		if err != nil {
			return
		}
		if b.isOffset && (b.isTime() || b.offset < 0) || b.isOpen() && text != "" && !b.at.IsZero() {
			t.Errorf("%q is %+v", text, b)
		}
		if b.isTime() && (b.hour().After(b.at) || b.nextHour().Before(b.at)) {
			t.Errorf("%q is not between its hours", text)
		}
	})
}
