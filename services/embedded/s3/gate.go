package s3

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxObjectBytes   = 5 << 30 // one put or one part, as S3 has it
	maxDocumentBytes = 4 << 20 // XML: 10,000 parts with a checksum each
	// onlyNew follows an upload id on its way through gofakes3, which has no place for the condition of a
	// CompleteMultipartUpload. Upload ids consist of letters and digits, so no client can send it.
	onlyNew = "~only-new"
	// onlyIf follows it likewise, before the ETag of an If-Match.
	onlyIf = "~only-if-"
	// onlyNewHeader tells the folder of the condition of a CreateMultipartUpload: of the headers gofakes3 hands on those
	// that begin with X-Amz-, and the gate takes all of those away from what clients send.
	onlyNewHeader = "X-Amz-Only-New"
)

// knownQuery lists the query parameters that mean here what they mean on S3. Any other may stand for an operation that
// gofakes3 does not know, and would be taken for a plain put or get: PUT key?tagging would overwrite the object.
var knownQuery = []string{
	"uploads", "uploadId", "partNumber", "max-uploads", "key-marker", "upload-id-marker", "max-parts", "part-number-marker",
	"list-type", "prefix", "delimiter", "marker", "continuation-token", "start-after", "max-keys", "fetch-owner",
	"encoding-type", "location", "delete", "x-id", "response-content-type", "response-content-language", "response-expires",
	"response-cache-control", "response-content-disposition", "response-content-encoding",
}

// gate lets through what is signed with keys, in the plain form that gofakes3 understands.
type gate struct {
	keys keyPair
	now  func() time.Time
	next http.Handler
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seal, refused := g.keys.verify(r, g.now())
	if refused == nil {
		refused = supported(r)
	}
	if refused == nil {
		refused = openBody(w, r, seal)
	}
	if refused != nil {
		refused.answer(w, r)
		return
	}
	if r.Method == http.MethodPost {
		passCondition(r)
	}
	g.next.ServeHTTP(w, r)
}

// passCondition hands the condition of a multipart upload's beginning or end on to the folder.
func passCondition(r *http.Request) {
	query := r.URL.Query()
	id := query.Get("uploadId")
	isNew, etag := r.Header.Get("If-None-Match") != "", strings.Trim(r.Header.Get("If-Match"), `"`)
	switch {
	case id == "" && isNew:
		r.Header.Set(onlyNewHeader, "*")
		return
	case id != "" && isNew:
		id += onlyNew
	case id != "" && etag != "":
		id += onlyIf + etag
	default:
		return
	}
	query.Set("uploadId", id)
	r.URL.RawQuery = query.Encode()
}

// supported refuses what would be misunderstood further on.
func supported(r *http.Request) *refusal {
	query := r.URL.Query()
	for name := range query {
		if !slices.Contains(knownQuery, name) {
			return refuse(http.StatusNotImplemented, "NotImplemented", "the embedded object store does not know the query parameter "+strconv.Quote(name))
		}
	}
	if strings.Contains(query.Get("uploadId"), "~") {
		return refuse(http.StatusNotFound, "NoSuchUpload", "no such upload")
	}
	writes := r.Method == http.MethodPut || r.Method == http.MethodPost
	if condition := r.Header.Get("If-None-Match"); writes && condition != "" && condition != "*" {
		return refuse(http.StatusNotImplemented, "NotImplemented", "If-None-Match takes only * on a write")
	}
	if r.Header.Get("If-Match") != "" && (r.Method == http.MethodDelete || r.Method == http.MethodPost && query.Get("uploadId") == "") {
		return refuse(http.StatusNotImplemented, "NotImplemented", "If-Match is understood on reads, on puts and on the end of a multipart upload only")
	}
	if r.Method == http.MethodPost && !query.Has("delete") && !query.Has("uploads") && !query.Has("uploadId") {
		return refuse(http.StatusNotImplemented, "NotImplemented", "uploads by HTML form are not supported")
	}
	return nil
}

// openBody replaces the body of r by its verified content and takes the transport's headers away, which gofakes3
// would store as metadata of the object.
func openBody(w http.ResponseWriter, r *http.Request, s seal) *refusal {
	if r.ContentLength < 0 {
		return refuse(http.StatusLengthRequired, "MissingContentLength", "the Content-Length header is missing")
	}
	limit := int64(maxDocumentBytes)
	if _, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); r.Method == http.MethodPut && key != "" {
		limit = maxObjectBytes
	}
	announced := r.Header.Clone() // the headers themselves are gone when the body's end is judged
	body := &verifiedBody{Closer: r.Body, content: r.Body, want: announced.Get, verified: w.Header(), sum: newChecksum("sha256")}
	length := r.ContentLength
	switch {
	case strings.HasPrefix(s.payload, "STREAMING-"):
		decoded, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil || decoded < 0 {
			return refuse(http.StatusLengthRequired, "MissingContentLength", "x-amz-decoded-content-length is not a length")
		}
		if s.payload == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
			s.key = nil
		} else if s.payload != "STREAMING-"+chunkWord && s.payload != "STREAMING-"+chunkWord+"-TRAILER" {
			return refuse(http.StatusNotImplemented, "NotImplemented", "the body's signature is of an unknown kind")
		}
		chunks := newChunkedReader(r.Body, s, decoded)
		body.content, length = chunks, decoded
		body.want = func(name string) string { return cmp.Or(announced.Get(name), chunks.trailers[name]) }
	case s.payload != "UNSIGNED-PAYLOAD":
		body.sha256 = strings.ToLower(s.payload)
	}
	if length > limit {
		return refuse(http.StatusBadRequest, "EntityTooLarge", "the body is larger than "+strconv.FormatInt(limit, 10)+" bytes")
	}
	// The checksums of a CompleteMultipartUpload are those of the object, not of its body.
	if r.Method == http.MethodPut {
		var refused *refusal
		if body.check, refused = announcedChecksums(r); refused != nil {
			return refused
		}
	}
	plainHeaders(r.Header, length)
	r.ContentLength, r.Body = length, body
	return nil
}

// plainHeaders leaves the headers that belong to the object.
func plainHeaders(h http.Header, length int64) {
	for name := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !strings.HasPrefix(lower, "x-amz-meta-") && lower != "x-amz-copy-source" {
			delete(h, name)
		}
	}
	encodings := slices.DeleteFunc(strings.Split(h.Get("Content-Encoding"), ","), func(encoding string) bool {
		return strings.TrimSpace(encoding) == "aws-chunked"
	})
	if h.Del("Content-Encoding"); strings.TrimSpace(strings.Join(encodings, ",")) != "" {
		h.Set("Content-Encoding", strings.TrimSpace(strings.Join(encodings, ",")))
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
}
