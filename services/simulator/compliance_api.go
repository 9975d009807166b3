package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"catsvdogs/services/simulator/wire"
)

const maxJobBody = 16 << 10

var (
	jobFields = []string{"created_at", "download_expires_at", "download_url", "id", "name", "status", "type", "upload_expires_at", "upload_url"}
	jobStates = []string{jobCreated, jobInProgress, jobFailed, jobComplete, jobExpired}
)

// jobBody is a job as X shows it (ComplianceJob). All fields are always there,
// whatever compliance_job.fields names.
type jobBody struct {
	ID              string `json:"id"`
	Type            string `json:"type"`
	Name            string `json:"name,omitempty"`
	Created         string `json:"created_at"`
	UploadURL       string `json:"upload_url"`
	UploadExpires   string `json:"upload_expires_at"`
	Resumable       bool   `json:"resumable"`
	DownloadURL     string `json:"download_url"`
	DownloadExpires string `json:"download_expires_at"`
	Status          string `json:"status"`
}

// jobAt shows a job to who asked at some address of this server: both files are
// at the same address, where X has them with another host.
func jobAt(r *http.Request, j shownJob) jobBody {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	base, stamp := scheme+"://"+r.Host, func(t time.Time) string { return t.UTC().Format(wire.TimeFormat) }
	return jobBody{
		ID: j.id, Type: j.kind, Name: j.name, Created: stamp(j.created), Status: j.state,
		UploadURL: base + uploadPath + j.upload, UploadExpires: stamp(j.created.Add(uploadWithin)),
		DownloadURL: base + downloadPath + j.download, DownloadExpires: stamp(j.created.Add(downloadWithin)),
	}
}

// newJob is the body of POST /2/compliance/jobs.
type newJob struct {
	Type      string `json:"type"`
	Name      string `json:"name"`
	Resumable bool   `json:"resumable"`
}

// createJob is POST /2/compliance/jobs.
// https://docs.x.com/x-api/compliance/create-compliance-job
func (s *server) createJob(w http.ResponseWriter, r *http.Request) {
	if mistakes := checkQuery(r.URL.Query(), nil); len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	asked, err := readNewJob(http.MaxBytesReader(w, r.Body, maxJobBody))
	if err != nil {
		writeProblem(w, invalidRequest(mistaken("", nil, err.Error())))
		return
	}
	made, ok := s.jobs.create(asked.Type, asked.Name)
	if !ok {
		writeProblem(w, jobUnderWay())
		return
	}
	s.writeJob(w, r, made)
}

// readNewJob is as strict as X is with rules. Resumable uploads are a protocol
// of the store behind X, which is not served.
func readNewJob(from io.Reader) (newJob, error) {
	var asked newJob
	body, err := io.ReadAll(from)
	if err != nil {
		return asked, errors.New("the request body could not be read")
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&asked); err != nil {
		return asked, fmt.Errorf("the request body is not a compliance job: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return asked, errors.New("the request body goes on after its end")
	}
	switch {
	case !slices.Contains(jobTypes, asked.Type):
		return asked, fmt.Errorf("`type` [%s] is not one of [%s]", asked.Type, strings.Join(jobTypes, ","))
	case utf8.RuneCountInString(asked.Name) > maxJobName:
		return asked, fmt.Errorf("`name` is longer than %d characters", maxJobName)
	case asked.Resumable:
		return asked, errors.New("`resumable` uploads are not served by this simulator: leave it out")
	}
	return asked, nil
}

// readJobs is GET /2/compliance/jobs, newest first.
func (s *server) readJobs(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	mistakes := checkQuery(query, map[string]func(string) []wire.Mistake{
		"type": oneOf(query, jobTypes), "status": oneOf(query, jobStates), "compliance_job.fields": oneOf(query, jobFields),
	})
	if !query.Has("type") {
		mistakes = append(mistakes, wire.Mistake{Parameter: "type", Values: []string{""}, Message: "The `type` query parameter can not be empty"})
	}
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	body := struct {
		Data []jobBody `json:"data,omitempty"`
		Meta struct {
			Count int `json:"result_count"`
		} `json:"meta"`
	}{}
	for _, one := range s.jobs.list(query.Get("type"), query.Get("status")) {
		body.Data = append(body.Data, jobAt(r, one))
	}
	body.Meta.Count = len(body.Data)
	writeJSON(w, http.StatusOK, body)
}

// readJob is GET /2/compliance/jobs/{id}. How X tells of a job that it does not
// have is not documented; here as of a post.
func (s *server) readJob(w http.ResponseWriter, r *http.Request) {
	query, id := r.URL.Query(), r.PathValue("id")
	mistakes := checkQuery(query, map[string]func(string) []wire.Mistake{"compliance_job.fields": oneOf(query, jobFields)})
	if !isRuleID(id) {
		mistakes = append(mistakes, wire.Mistake{Parameter: "id", Values: []string{id}, Message: "The `id` query parameter value [" + id + "] is not valid"})
	}
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	found, ok := s.jobs.find(func(j *job) bool { return j.id == id })
	if !ok {
		writeBytes(w, envelope([]byte{'{'}, []missing{notFound("compliance_job", "id", id)}, nil))
		return
	}
	s.writeJob(w, r, found)
}

func (s *server) writeJob(w http.ResponseWriter, r *http.Request, j shownJob) {
	writeJSON(w, http.StatusOK, struct {
		Data jobBody `json:"data"`
	}{jobAt(r, j)})
}
