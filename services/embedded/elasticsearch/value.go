package elasticsearch

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// plain returns a scalar as text.
func plain(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func boolean(value any) (string, bool) {
	text, ok := plain(value)
	if text == "" && ok {
		return "false", true
	}
	_, number := value.(json.Number)
	return text, !number && (text == "true" || text == "false")
}

// whole returns an integer in the type's range; fractions are cut off and numbers in strings read, as with coerce.
func whole(kind string, value any) (any, bool) {
	text, ok := plain(value)
	if _, isBool := value.(bool); !ok || isBool {
		return nil, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(f) >= 1<<63 || math.IsNaN(f) {
			return nil, false
		}
		n = int64(f)
	}
	bits := map[string]uint{"long": 64, "integer": 32, "short": 16, "byte": 8}[kind]
	if limit := int64(1) << (bits - 1); bits < 64 && (n < -limit || n >= limit) {
		return nil, false
	}
	return n, true
}

func fraction(value any) (any, bool) {
	text, ok := plain(value)
	if _, isBool := value.(bool); !ok || isBool {
		return nil, false
	}
	if strings.ContainsAny(text, "_xX") {
		return nil, false // Go's own ways to write a number, which Java does not read
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

func date(format string, value any) (any, bool) {
	text, ok := plain(value)
	if _, isBool := value.(bool); !ok || isBool {
		return nil, false
	}
	return orNil(parseDate(text, format, false))
}

func orNil(ms int64, ok bool) (any, bool) { return ms, ok }

// preview returns the beginning of a value for an error message.
func preview(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return strings.ToValidUTF8(string(text[:min(len(text), 100)]), "")
}
