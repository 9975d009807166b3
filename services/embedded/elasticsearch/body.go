package elasticsearch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

const (
	// maxBodyBytes bounds a body as received and as decompressed, like http.max_content_length.
	maxBodyBytes = 100 << 20
	// largeBytes is from where on a body, decompressed, is a large one: of these only maxLarge are in memory at a time. Some
	// kilobytes of gzip unpack to maxBodyBytes, and nothing else would keep many from being sent at once.
	largeBytes = 16 << 20
	maxLarge   = 2
)

// readBody returns the body, decompressed. Call forget when it is not needed any more.
func (h *handler) readBody(w http.ResponseWriter, r *http.Request) (body []byte, forget func(), err error) {
	from, err := unpacked(w, r, maxBodyBytes)
	if err != nil {
		return nil, nil, err
	}
	body, err = readBounded(from, largeBytes)
	if err == nil {
		return body, func() {}, nil
	}
	if !errors.Is(err, errLonger) {
		return nil, nil, err
	}
	select {
	case h.large <- struct{}{}:
	case <-r.Context().Done():
		return nil, nil, fmt.Errorf("wait for room for a large body: %w", context.Cause(r.Context()))
	}
	rest, err := readBounded(from, maxBodyBytes-int64(len(body)))
	if err != nil {
		<-h.large
		if errors.Is(err, errLonger) {
			err = tooLarge(maxBodyBytes)
		}
		return nil, nil, err
	}
	return slices.Concat(body, rest), func() { <-h.large }, nil
}

func tooLarge(limit int64) error {
	return fail(http.StatusRequestEntityTooLarge, "content_too_long_exception", "entity content is too long for the configured buffer limit [%d]", limit)
}

// unpacked returns the body's content; of what is received it gives limit bytes at most.
func unpacked(w http.ResponseWriter, r *http.Request, limit int64) (io.Reader, error) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	body := http.MaxBytesReader(w, r.Body, limit)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		content, err := gzip.NewReader(body)
		if err != nil {
			return nil, badArgument("the body is not gzip, as Content-Encoding says: %s", err)
		}
		return content, nil
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "illegal_argument_exception", "Content-Encoding [%s] is not supported, send gzip or plain", encoding)
	}
}

// errLonger says that there is more than was to be read; what was read is returned with it.
var errLonger = errors.New("there is more")

// readBounded reads to the end. Where that is beyond limit it returns errLonger and one byte more than limit.
func readBounded(body io.Reader, limit int64) ([]byte, error) {
	// A small body may unpack to any size, so what comes out is bounded too.
	content, err := io.ReadAll(io.LimitReader(body, limit+1))
	var overrun *http.MaxBytesError
	switch {
	case errors.As(err, &overrun):
		return nil, tooLarge(overrun.Limit)
	case err != nil:
		return nil, badArgument("read body: %s", err)
	case int64(len(content)) > limit:
		return content, errLonger
	}
	return content, nil
}
