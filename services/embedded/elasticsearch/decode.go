package elasticsearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// decodeStrict parses one JSON value; keys that into does not have are refused, since ignoring them would answer another
// question than the one asked.
func decodeStrict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the value")
		}
	}
	if err != nil {
		return fail(http.StatusBadRequest, "x_content_parse_exception", "failed to parse the body: %s", err)
	}
	return nil
}
