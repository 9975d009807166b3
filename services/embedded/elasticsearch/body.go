package elasticsearch

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
)

// maxBodyBytes bounds a body as received and as decompressed, like http.max_content_length.
const maxBodyBytes = 100 << 20

// readBody returns the body, decompressed.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBounded(w, r, maxBodyBytes)
}

func readBounded(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	tooLarge := fail(http.StatusRequestEntityTooLarge, "content_too_long_exception", "entity content is too long for the configured buffer limit [%d]", limit)
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	var body io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, badArgument("the body is not gzip, as Content-Encoding says: %s", err)
		}
		body = unpacked
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "illegal_argument_exception", "Content-Encoding [%s] is not supported, send gzip or plain", encoding)
	}
	// A small body may unpack to any size, so what comes out is bounded too.
	content, err := io.ReadAll(io.LimitReader(body, limit+1))
	var overrun *http.MaxBytesError
	if errors.As(err, &overrun) || int64(len(content)) > limit {
		return nil, tooLarge
	}
	if err != nil {
		return nil, badArgument("read body: %s", err)
	}
	return content, nil
}
