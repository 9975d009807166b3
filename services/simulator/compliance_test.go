package simulator_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const jobsPath = "/2/compliance/jobs"

type complianceJob struct {
	ID, Type, Name, Status string
	Created                time.Time `json:"created_at"`
	UploadURL              string    `json:"upload_url"`
	UploadExpires          time.Time `json:"upload_expires_at"`
	DownloadURL            string    `json:"download_url"`
	DownloadExpires        time.Time `json:"download_expires_at"`
}

type verdict struct {
	ID, Action, Reason string
	Created            time.Time `json:"created_at"`
	Redacted           time.Time `json:"redacted_at"`
}

func (s *simulation) job(method, path, body string) complianceJob {
	s.t.Helper()
	resp, text := s.do(method, path, body)
	var answer struct{ Data complianceJob }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || resp.StatusCode != http.StatusOK || answer.Data.ID == "" {
		s.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	return answer.Data
}

// store sends a request to the files of a job, without any token.
func (s *simulation) store(method, address, contentType string, body io.Reader) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, address, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(text)
}

// becomes follows a job until it has a state, and returns it so.
func (s *simulation) becomes(id, state string) complianceJob {
	s.t.Helper()
	var j complianceJob
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		resp, text := s.do("GET", jobsPath+"/"+id, "")
		if resp.StatusCode == http.StatusTooManyRequests {
			break
		}
		var answer struct{ Data complianceJob }
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			s.t.Fatal(err)
		}
		if j = answer.Data; j.Status == state {
			return j
		}
	}
	s.t.Fatalf("%+v never became %s", j, state)
	return j
}

func TestAComplianceJobNamesThePostsThatAreLostAndNoOthers(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.HalfLife, cfg.Deleted, cfg.Protected, cfg.ComplianceTakes = 1000, 20*time.Millisecond, 0.1, 0.1, time.Nanosecond
	s, lines := live(t, cfg, "?tweet.fields=created_at")
	s.settled()
	ids := []string{"20", "1999999999999999999"} // never made
	want := map[string]verdict{}
	for _, text := range lines {
		p := parseTold(t, text)
		ids = append(ids, p.Data.ID)
		want[p.Data.ID] = verdict{ID: p.Data.ID, Action: "delete", Created: p.Data.Created}
	}
	for _, one := range s.standing("2037-01-01T00:00:00Z", ids...) {
		if v := want[one.ID]; one.Gone {
			v.Reason, v.Redacted = one.Reason, one.Since
			want[one.ID] = v
		} else {
			delete(want, one.ID)
		}
	}
	made := s.job("POST", jobsPath, `{"type":"tweets","name":"every night"}`)
	if made.Status != "created" || made.Type != "tweets" || made.Name != "every night" || !made.UploadExpires.Equal(made.Created.Add(15*time.Minute)) ||
		!made.DownloadExpires.Equal(made.Created.AddDate(0, 0, 7)) || !strings.HasPrefix(made.UploadURL, s.base) || !strings.HasPrefix(made.DownloadURL, s.base) {
		t.Errorf("%+v", made)
	}
	// Windows ends its lines so, some lists name a post twice, and the last line may have no end.
	list := strings.Join(ids, "\r\n") + "\n\n" + ids[5] + "\n" + ids[6]
	if resp, text := s.store("PUT", made.UploadURL, "text/plain", strings.NewReader(list)); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	done := s.becomes(made.ID, "complete")
	resp, text := s.store("GET", done.DownloadURL, "", nil)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	got := map[string]verdict{}
	in := bufio.NewScanner(strings.NewReader(text))
	for in.Scan() {
		var v verdict
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", in.Text(), err)
		}
		if _, twice := got[v.ID]; twice {
			t.Errorf("%s comes twice", v.ID)
		}
		got[v.ID] = v
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 100 {
		t.Errorf("%d lines (-want +got):\n%.3000s", len(got), diff)
	}
}

func TestAComplianceJobGoesThroughItsStates(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.ComplianceTakes = time.Hour
	s := simulate(t, cfg)
	made := s.job("POST", jobsPath, `{"type":"tweets"}`)
	resp, text := s.store("GET", made.DownloadURL, "", nil)
	golden(t, "compliance_no_result", resp, text)
	resp, text = s.store("PUT", made.UploadURL, "application/json", strings.NewReader("1\n"))
	golden(t, "compliance_upload_type", resp, text)
	resp, text = s.store("PUT", s.base+"/compliance/uploads/nothing", "text/plain", strings.NewReader("1\n"))
	golden(t, "compliance_no_upload", resp, text)
	// Of unknown length, so that only reading it shows how long it is.
	resp, text = s.store("PUT", made.UploadURL, "text/plain", io.MultiReader(io.LimitReader(zeros{}, 64<<20), strings.NewReader("1")))
	golden(t, "compliance_upload_large", resp, text)
	s.breakOff(made.UploadURL)
	s.becomes(made.ID, "created")
	if resp, text := s.store("PUT", made.UploadURL, "text/plain; charset=utf-8", strings.NewReader("1\n")); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	s.becomes(made.ID, "in_progress")
	resp, text = s.store("PUT", made.UploadURL, "text/plain", strings.NewReader("2\n"))
	golden(t, "compliance_upload_twice", resp, text)
	if resp, _ := s.store("GET", made.DownloadURL, "", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a result of a job in progress: %d", resp.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// breakOff begins an upload and goes.
func (s *simulation) breakOff(address string) {
	s.t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", at.Host)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "PUT "+at.Path+" HTTP/1.1\r\nHost: "+at.Host+"\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n1\n2\n"); err != nil {
		s.t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // to the server's end of it
	_ = conn.Close()
}

func TestWhatIsNoListOfIDsFailsAfterItsUpload(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{
		"nothing": "", "blank lines": "\n\r\n \n", "a word": "1\nx\n2\n", "a column": "id,name\n1,x\n", "a number too long": "12345678901234567890\n", "a sign": "-1\n",
		"a line without end": strings.Repeat("1", 100_000), "JSON": `{"ids":["1"]}`, "no text": "\x00\xff\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			cfg.ComplianceTakes = time.Nanosecond
			s := simulate(t, cfg)
			made := s.job("POST", jobsPath, `{"type":"tweets"}`)
			if resp, text := s.store("PUT", made.UploadURL, "text/plain", strings.NewReader(list)); resp.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", resp.StatusCode, text)
			}
			failed := s.becomes(made.ID, "failed")
			if resp, _ := s.store("GET", failed.DownloadURL, "", nil); resp.StatusCode != http.StatusNotFound {
				t.Errorf("a result of a failed job: %d", resp.StatusCode)
			}
			s.job("POST", jobsPath, `{"type":"tweets"}`) // the next may be made
		})
	}
}

func TestThereIsOneComplianceJobOfATypeAtATimeAndTheyAreListed(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.ComplianceTakes = time.Nanosecond
	s := simulate(t, cfg)
	resp, text := s.do("GET", jobsPath+"?type=tweets", "")
	golden(t, "compliance_jobs_none", resp, text)
	resp, text = s.do("POST", jobsPath, `{"type":"tweets","name":"a job"}`)
	golden(t, "compliance_created", resp, text)
	if got := resp.Header.Get("x-rate-limit-limit"); got != "150" {
		t.Errorf("limit %s", got)
	}
	resp, text = s.do("POST", jobsPath, `{"type":"tweets"}`)
	golden(t, "compliance_conflict", resp, text)
	users := s.job("POST", jobsPath, `{"type":"users"}`)
	resp, text = s.do("GET", jobsPath+"?type=tweets&compliance_job.fields=id,status", "")
	golden(t, "compliance_jobs", resp, text)
	if resp, text := s.store("PUT", users.UploadURL, "text/plain", strings.NewReader("1\n")); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	users = s.becomes(users.ID, "complete")
	if resp, text := s.store("GET", users.DownloadURL, "", nil); resp.StatusCode != http.StatusOK || text != "" {
		t.Errorf("users never change: %d %s", resp.StatusCode, text)
	}
	second := s.job("POST", jobsPath, `{"type":"users"}`)
	for query, want := range map[string][]string{
		"users": {second.ID, users.ID}, "users&status=complete": {users.ID}, "users&status=created": {second.ID}, "tweets&status=failed": nil,
	} {
		var body struct {
			Data []complianceJob
			Meta struct {
				Count int `json:"result_count"`
			}
		}
		_, text := s.do("GET", jobsPath+"?type="+query, "")
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range body.Data {
			got = append(got, j.ID)
		}
		if !slices.Equal(got, want) || body.Meta.Count != len(want) {
			t.Errorf("%s: %s", query, text)
		}
	}
	for name, step := range map[string][3]string{
		"compliance_missing":      {"GET", jobsPath + "/1", ""},
		"compliance_bad_id":       {"GET", jobsPath + "/x", ""},
		"compliance_no_type":      {"GET", jobsPath + "?status=done&color=red", ""},
		"compliance_bad_type":     {"POST", jobsPath, `{"type":"posts"}`},
		"compliance_bad_name":     {"POST", jobsPath, `{"type":"tweets","name":"` + strings.Repeat("x", 65) + `"}`},
		"compliance_resumable":    {"POST", jobsPath, `{"type":"tweets","resumable":true}`},
		"compliance_unknown_name": {"POST", jobsPath, `{"type":"tweets","ids":["1"]}`},
		"compliance_no_body":      {"POST", jobsPath, ""},
		"compliance_bad_query":    {"POST", jobsPath + "?color=red", `{"type":"tweets"}`},
	} {
		resp, text := s.do(step[0], step[1], step[2])
		golden(t, name, resp, text)
	}
}
