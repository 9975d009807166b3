package xstream

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/xapi"
)

func asIs(s string) string { return s }

func TestTheKeyIsTheIDOfThePostsFirstVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"data":{"id":"12","edit_history_tweet_ids":["12"]}}`:           "12",
		`{"data":{"id":"13","edit_history_tweet_ids":["11","12","13"]}}`: "11",
		`{"data":{"id":"12"}}`:                                                 "12",
		`{"data":{"id":"12","edit_history_tweet_ids":[]}}`:                     "12",
		`{"matching_rules":[],"data":{"text":"x","id":"1234567890123456789"}}`: "1234567890123456789",
		`{"data":{"id":"12"},"errors":[{"title":"Not Found Error"}]}`:          "12",
		`{"data":{"id":"12345678901234567890"}}`:                               "",
		`{"data":{"id":""}}`:                                                   "",
		`{"data":{"id":"-1"}}`:                                                 "",
		`{"data":{"id":"12","edit_history_tweet_ids":["x"]}}`:                  "12",
		`{"data":{"id":"12","edit_history_tweet_ids":[null,"11"]}}`:            "12",
		`{"data":{"id":"12","edit_history_tweet_ids":[11]}}`:                   "12",
		`{"data":{"id":12}}`:                                                   "",
		`{"data":{"id":"12"}`:                                                  "",
		`{"data":{"id":"12"}} {}`:                                              "",
		`{"data":[]}`:                                                          "",
		`[]`:                                                                   "",
		`{"kind":"of a later day"}`:                                            "",
		strings.Repeat("[", 1<<16):                                             "",
		`{"data":{"id":"12","edit_history_tweet_ids":"12"}}`:                   "12",
		`{"type":"heartbeat"}`:                                                 "",
		`{"errors":[]}`:                                                        "",
		`{"errors":null,"title":7}`:                                            "",
		`{"data":{"id":"12","edit_history_tweet_ids":null}}`:                   "12",
		"{\"data\":{\"id\":\"12\",\"text\":\"\xff\"}}":                         "12",
		`{"data":{"id":"١٢"}}`:                                                 "",
		`{"data":{"edit_history_tweet_ids":["11","12"]}}`:                      "11",
	} {
		m := parseMessage([]byte(text), asIs)
		if string(m.key) != want || (m.key == nil) != (want == "") || m.problems != nil {
			t.Errorf("%.60s: key %q, problems %v; want %q and none", text, m.key, m.problems, want)
		}
	}
}

func TestALabelIsFromAFixedSet(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]xapi.Problem{
		"SlowReader":             {DisconnectType: "SlowReader", Type: "operational-disconnect"},
		"operational-disconnect": {DisconnectType: "Invented", Type: "operational-disconnect"},
		"other":                  {Type: "made-up", DisconnectType: "Invented"},
	} {
		if got := label(p); got != want {
			t.Errorf("%+v is counted as %s, want %s", p, got, want)
		}
	}
}

// FuzzLine feeds a stream, whole and byte by byte, through reader and key extraction.
func FuzzLine(f *testing.F) {
	f.Add([]byte(post + "\r\n\r\n" + post))
	f.Add([]byte(`{"errors":[{"disconnect_type":"SlowReader"}]}` + "\n{\"data\":{\"id\":1"))
	f.Add([]byte("\r\r\n\n\xff{}\r"))
	f.Add([]byte(`{"data":{"id":"1","edit_history_tweet_ids":[null,"2"]},"errors":{}}`))
	id := regexp.MustCompile(`^[0-9]{1,19}$`)
	f.Fuzz(func(t *testing.T, stream []byte) {
		lines := line.NewReader(iotest.OneByteReader(bytes.NewReader(stream)), topic.MaxLineBytes, line.KeptBytes)
		for {
			l, err := lines.Next()
			if err != nil {
				return
			}
			m := parseMessage(l.Bytes, asIs)
			if m.key != nil && (!id.Match(m.key) || !bytes.Contains(l.Bytes, m.key) && !bytes.Contains(l.Bytes, []byte(`\u`))) {
				t.Errorf("key %q from %q", m.key, l.Bytes)
			}
			if m.key != nil && m.problems != nil {
				t.Errorf("%q is both a post and an error", l.Bytes)
			}
			for _, p := range m.problems {
				if p.String() == "" || label(p) == "" {
					t.Errorf("a problem without words from %q", l.Bytes)
				}
			}
		}
	})
}

func TestTheVersionIsNamedByItsOwnID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"data":{"id":"13","edit_history_tweet_ids":["11","12","13"]}}`: "13",
		`{"data":{"id":"x"}}`:        "",
		`{"errors":[{"title":"x"}]}`: "",
		`{"data":{"id":"13"`:         "",
	} {
		if got := VersionID([]byte(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestADeletionNamesThePostInEachForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"delete":{"status":{"id":1234567890123456789,"id_str":"1234567890123456780","user_id":3}}}`: "1234567890123456780",
		`{"delete":{"status":{"id":1234}}}`:                                          "1234",
		`{"data":{"delete":{"tweet":{"id":"12","author_id":"3"},"event_at":"now"}}}`: "12",
		`{"data":{"delete":{"post":{"id":"12"}}}}`:                                   "12",
		`{"delete":{"status":{"id":1.5}}}`:                                           "",
		`{"delete":{"tweet":null}}`:                                                  "",
		`{"delete":"12"}`:                                                            "",
	} {
		m := parseMessage([]byte(text), asIs)
		if string(m.key) != want || m.deleted != (want != "") || m.id != "" || m.problems != nil {
			t.Errorf("%s: %+v with the key %q, want %q", text, m, m.key, want)
		}
	}
}

func TestAProblemByItselfIsNoPost(t *testing.T) {
	t.Parallel()
	for text, kind := range map[string]xapi.Kind{
		`{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","type":"https://api.x.com/2/problems/operational-disconnect"}`: Disconnected,
		`{"title":"ConnectionException","connection_issue":"TooManyConnections","detail":"d"}`:                                                              xapi.TooManyConnections,
		`{"errors":[{"connection_issue":"TooManyConnections","type":"https://api.x.com/2/problems/streaming-connection"}]}`:                                 xapi.TooManyConnections,
		`{"title":"CreditsDepleted","status":402,"type":"https://api.x.com/2/problems/credits"}`:                                                            xapi.NoCredit,
		`{"errors":[{"title":"Not Found Error","type":"https://api.x.com/2/problems/resource-not-found"}]}`:                                                 "",
		`{"errors":["soon"]}`: "",
	} {
		m := parseMessage([]byte(text), asIs)
		f := told(m.problems)
		if len(m.problems) != 1 || m.key != nil || (f == nil) != (kind == "") || f != nil && f.Kind != kind {
			t.Errorf("%s: %+v, which is %v", text, m, f)
		}
	}
}
