package elasticsearch

import (
	"strconv"
	"strings"
	"time"
)

const defaultDateFormat = "strict_date_optional_time||epoch_millis"

func dateFormats(format string) []string {
	if format == "" {
		format = defaultDateFormat
	}
	return strings.Split(format, "||")
}

// layouts of strict_date_optional_time, https://www.elastic.co/guide/en/elasticsearch/reference/8.19/mapping-date-format.html,
// and how much time each leaves open: a bound that rounds up means the last millisecond of it.
var layouts = []struct {
	layout string
	step   func(time.Time) time.Time
}{
	{"2006-01-02T15:04:05.999999999Z07:00", nil},
	{"2006-01-02T15:04:05.999999999", nil},
	{"2006-01-02T15:04Z07:00", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15", func(t time.Time) time.Time { return t.Add(time.Hour) }},
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
}

// parseDate returns the milliseconds since 1970 that text stands for in one of the formats, separated by ||.
// With roundUp a text that names a whole day, month or year stands for its end.
func parseDate(text, format string, roundUp bool) (int64, bool) {
	for _, one := range dateFormats(format) {
		switch one {
		case "epoch_millis", "epoch_second":
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				continue
			}
			if one == "epoch_second" {
				n *= 1000
			}
			return n, true
		default:
			if t, ok := parseTime(text, roundUp); ok {
				return t.UnixMilli(), true
			}
		}
	}
	return 0, false
}

func parseTime(text string, roundUp bool) (time.Time, bool) {
	for _, l := range layouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		if roundUp && l.step != nil {
			t = l.step(t).Add(-time.Millisecond)
		}
		return t, true
	}
	return time.Time{}, false
}

// dateMath evaluates an expression such as now-1h/d or 2026-11-23||+1d/d (the "date math" of Elasticsearch's range
// queries) to milliseconds since 1970, or a plain date.
func dateMath(text, format string, roundUp bool, now time.Time) (int64, bool) {
	t := now.UTC()
	var math string
	if rest, isNow := strings.CutPrefix(text, "now"); isNow {
		math = rest
	} else if anchor, rest, found := strings.Cut(text, "||"); found {
		at, ok := parseDate(anchor, format, false)
		if !ok {
			return 0, false
		}
		t, math = time.UnixMilli(at).UTC(), rest
	} else {
		return parseDate(text, format, roundUp)
	}
	for math != "" {
		digits := len(math[1:]) - len(strings.TrimLeft(math[1:], "0123456789"))
		n, err := strconv.Atoi(math[1 : 1+digits])
		if digits == 0 {
			n, err = 1, nil
		}
		if err != nil || n > 1_000_000 || len(math) < digits+2 {
			return 0, false
		}
		unit := math[1+digits]
		var ok bool
		switch math[0] {
		case '+':
			t, ok = addUnit(t, n, unit)
		case '-':
			t, ok = addUnit(t, -n, unit)
		case '/':
			ok = digits == 0
			if ok {
				t, ok = roundTo(t, unit, roundUp)
			}
		}
		if !ok {
			return 0, false
		}
		math = math[digits+2:]
	}
	return t.UnixMilli(), true
}

func addUnit(t time.Time, n int, unit byte) (time.Time, bool) {
	switch unit {
	case 'y':
		return t.AddDate(n, 0, 0), true
	case 'M':
		return t.AddDate(0, n, 0), true
	case 'w':
		return t.AddDate(0, 0, 7*n), true
	case 'd':
		return t.AddDate(0, 0, n), true
	case 'h', 'H':
		return t.Add(time.Duration(n) * time.Hour), true
	case 'm':
		return t.Add(time.Duration(n) * time.Minute), true
	case 's':
		return t.Add(time.Duration(n) * time.Second), true
	}
	return t, false
}

// roundTo goes to the start of the unit, or with up to its last millisecond.
func roundTo(t time.Time, unit byte, up bool) (time.Time, bool) {
	y, month, d := t.Date()
	switch unit {
	case 'y':
		t = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	case 'M':
		t = time.Date(y, month, 1, 0, 0, 0, 0, time.UTC)
	case 'w':
		t = time.Date(y, month, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	case 'd':
		t = time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
	case 'h', 'H':
		t = t.Truncate(time.Hour)
	case 'm':
		t = t.Truncate(time.Minute)
	case 's':
		t = t.Truncate(time.Second)
	default:
		return t, false
	}
	if up {
		t, _ = addUnit(t, 1, unit)
		t = t.Add(-time.Millisecond)
	}
	return t, true
}
