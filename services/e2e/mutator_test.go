//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// mutator damages JSON. The same seed gives the same mutants.
type mutator struct{ *rand.Rand }

// damaged are mutants of documents, each a JSON object without what only Go's decoder is lenient about.
func damaged(documents []string, n int) (mutants []string) {
	m := mutator{rand.New(rand.NewPCG(3, 4))}
	for len(mutants) < n {
		value := m.inside(decoded(documents[m.IntN(len(documents))]))
		if _, object := value.(map[string]any); object {
			mutants = append(mutants, encoded(value))
		}
	}
	return mutants
}

// mutate changes some values of a text, or some bytes of one that is no JSON.
func (m mutator) mutate(text string) string {
	value := decoded(text)
	if value == nil || m.IntN(10) == 0 {
		b := []byte(text)
		for range 1 + m.IntN(3) {
			if len(b) > 0 {
				b[m.IntN(len(b))] = byte(m.IntN(256))
			}
		}
		return string(b)
	}
	for range 1 + m.IntN(2) {
		value = m.inside(value)
	}
	return encoded(value)
}

// inside changes one value somewhere within a value: deeper ones as likely as higher ones.
func (m mutator) inside(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 || m.IntN(30) == 0 {
			break
		}
		key := m.one(slices.Sorted(maps.Keys(v)))
		changed := maps.Clone(v)
		switch m.IntN(12) {
		case 0:
			delete(changed, key)
		case 1:
			changed[m.one([]string{"unknown", "text", "id", "metrics", "lang", "tag"})] = changed[key]
		default:
			changed[key] = m.inside(v[key])
		}
		return changed
	case []any:
		if len(v) == 0 || m.IntN(12) == 0 {
			break
		}
		i := m.IntN(len(v))
		changed := slices.Clone(v)
		if m.IntN(6) == 0 { // many of the same
			return slices.Repeat([]any{v[i]}, 2+m.IntN(1500))
		}
		changed[i] = m.inside(v[i])
		return changed
	case string:
		switch m.IntN(12) {
		case 0:
			return strings.Repeat(v, m.IntN(40))
		case 1, 2, 3:
			return v + m.one(oddTexts())
		case 4, 5, 6, 7:
			return m.one(oddTexts())
		case 8, 9, 10:
			return strings.ToUpper(v)
		}
	case json.Number:
		if m.IntN(12) > 0 {
			return json.Number(m.one(oddNumbers()))
		}
	}
	return m.odd()
}

// odd is a value of any type.
func (m mutator) odd() any {
	switch m.IntN(8) {
	case 0:
		return nil
	case 1:
		return m.IntN(2) == 0
	case 2, 3:
		return json.Number(m.one(oddNumbers()))
	case 4:
		return []any{}
	case 5:
		return []any{[]any{m.one(oddTexts())}, nil}
	case 6:
		return map[string]any{}
	}
	return m.one(oddTexts())
}

func (m mutator) one(of []string) string { return of[m.IntN(len(of))] }

func oddTexts() []string {
	return []string{
		"a", "5", "true", "\x00", "#cat\u202eltr", "👩‍👩‍👧‍👦🇩🇪", "e\u0301\u200b", "\ufffd\uffff", "2026-02-30T00:00:00Z", "2026-06-03T10:15:30.123456789+14:00",
		strings.Repeat("ä", 511), strings.Repeat("漢", 512), strings.Repeat("x", 40_000), strings.Repeat("😍", 9_000), "\"\\\n\t</script>",
		"did:plc:abc/app.bsky.feed.post/3l2s5x", "2060000000000000001", "en", "photo", "video", "retweeted",
	}
}

func oddNumbers() []string {
	return []string{"0", "-1", "1.5", "1e3", "-0.0", "2147483648", "9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808", "1e400", "1e-400"}
}

// decoded is nil for what is no JSON.
func decoded(text string) (value any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil
	}
	return value
}

func encoded(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return "{}" // not reached: it was decoded from JSON
	}
	return strings.TrimSpace(b.String())
}
