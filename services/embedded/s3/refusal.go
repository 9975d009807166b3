package s3

import (
	"encoding/xml"
	"net/http"
)

// refusal is an answer of the gate, in the shape of
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
type refusal struct {
	XMLName xml.Name `xml:"Error"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`

	status int
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, Code: code, Message: message}
}

func (f *refusal) answer(w http.ResponseWriter, r *http.Request) {
	// The body has not been read: on a reused connection its rest would be taken for the next request.
	w.Header().Set("Connection", "close")
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(f.status)
	if r.Method == http.MethodHead {
		return
	}
	// What goes wrong here is the client's connection, and it has been told all it will hear.
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(f)
}
