package xapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

const jobsPath = "/2/compliance/jobs"

// ComplianceLimit is how many requests of each kind about compliance jobs X allows an app in LimitWindow (docs.x.com, "Rate
// limits"). Uploads and downloads are none of them.
const ComplianceLimit = 150

// jobType is what is asked about: posts.
const jobType = "tweets"

// maxJobName is how many characters a job's name may have (OpenAPI, ComplianceJobName).
const maxJobName = 64

// maxJobsBytes bounds a listing of jobs. X forgets them after some days.
const maxJobsBytes = 4 << 20

// JobStatus is where a compliance job is.
type JobStatus string

// The states of a job (OpenAPI, ComplianceJobStatus).
const (
	JobCreated    JobStatus = "created"     // it waits for the ids
	JobInProgress JobStatus = "in_progress" // X looks
	JobComplete   JobStatus = "complete"    // the results can be had
	JobFailed     JobStatus = "failed"      // what was uploaded cannot be read
	JobExpired    JobStatus = "expired"     // it was not uploaded in time, or the results are gone
)

// Job is a batch compliance job: X is given ids of posts and tells which of them are gone. Texts are as X sent them; times
// that X left out, or that cannot be read, are zero.
type Job struct {
	ID                string
	Name              string
	Status            JobStatus
	CreatedAt         time.Time
	UploadURL         string // signed: who has it may upload
	UploadExpiresAt   time.Time
	DownloadURL       string // signed, too; there is nothing before the job is complete
	DownloadExpiresAt time.Time
}

// UnmarshalJSON reads a job as X sends it.
func (j *Job) UnmarshalJSON(b []byte) error {
	var w struct {
		ID                string    `json:"id"`
		Name              string    `json:"name"`
		Status            JobStatus `json:"status"`
		CreatedAt         moment    `json:"created_at"`
		UploadURL         string    `json:"upload_url"`
		UploadExpiresAt   moment    `json:"upload_expires_at"`
		DownloadURL       string    `json:"download_url"`
		DownloadExpiresAt moment    `json:"download_expires_at"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("read a job: %w", err)
	}
	*j = Job{
		ID: w.ID, Name: w.Name, Status: w.Status, CreatedAt: w.CreatedAt.Time, UploadURL: w.UploadURL,
		UploadExpiresAt: w.UploadExpiresAt.Time, DownloadURL: w.DownloadURL, DownloadExpiresAt: w.DownloadExpiresAt.Time,
	}
	return nil
}

// moment is a time of which a wrong one must not hide what stands beside it: then it is zero.
type moment struct{ time.Time }

// UnmarshalJSON reads a time of RFC 3339 and never fails.
func (m *moment) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &m.Time) != nil {
		m.Time = time.Time{}
	}
	return nil
}

// ErrJob is wrapped when what is asked about a job is nothing that X takes.
var ErrJob = errors.New("a compliance job has an id of digits and a name of at most 64 characters")

// CreateJob makes a job about posts, to which their ids are to be uploaded within minutes (Upload). While another one of
// the app runs, the error is a *Failure of the kind Conflict.
func (c *Client) CreateJob(ctx context.Context, name string) (Job, error) {
	if len([]rune(name)) > maxJobName {
		return Job{}, ErrJob
	}
	request := struct {
		Type      string `json:"type"`
		Name      string `json:"name,omitempty"`
		Resumable bool   `json:"resumable"`
	}{jobType, name, false}
	return c.job(ctx, "create a compliance job", http.MethodPost, jobsPath, request)
}

// Job returns a job as it is now.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	if !tweet.ValidXID(id) {
		return Job{}, ErrJob
	}
	return c.job(ctx, "look at a compliance job", http.MethodGet, jobsPath+"/"+id, nil)
}

func (c *Client) job(ctx context.Context, doing, method, path string, body any) (Job, error) {
	var answer struct {
		Data *Job `json:"data"`
	}
	if err := c.CallWithin(ctx, maxJobsBytes, doing, method, path, nil, body, &answer); err != nil {
		return Job{}, err
	}
	if answer.Data == nil || !tweet.ValidXID(answer.Data.ID) {
		return Job{}, c.unreadable(doing, http.StatusOK, errors.New("the answer has no job"))
	}
	return *answer.Data, nil
}

// Jobs returns the app's jobs about posts that X still knows, in X's order. One without an id is passed over.
func (c *Client) Jobs(ctx context.Context) ([]Job, error) {
	const doing = "list the compliance jobs"
	var answer struct {
		Data []Job `json:"data"`
		Meta *struct {
			Count int `json:"result_count"`
		} `json:"meta"`
	}
	query := url.Values{"type": {jobType}}
	if err := c.CallWithin(ctx, maxJobsBytes, doing, http.MethodGet, jobsPath, query, nil, &answer); err != nil {
		return nil, err
	}
	if answer.Data == nil && answer.Meta == nil {
		// An answer cut short must not pass for an app without jobs: another one would be made.
		return nil, c.unreadable(doing, http.StatusOK, errors.New("the answer has neither jobs nor meta"))
	}
	var jobs []Job
	for _, j := range answer.Data {
		if tweet.ValidXID(j.ID) {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}
