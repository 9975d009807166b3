package faultproxy

import (
	_ "embed"
	"net/http"
)

// What the real servers answer. The 429 is recorded from Elasticsearch; the 503 has the form of its errors and the text of its
// block without a master; those of the store have MinIO's codes and texts (its table of API errors), SlowDown is S3's.
var (
	//go:embed testdata/elasticsearch_429.json
	tooMany string
	//go:embed testdata/elasticsearch_503.json
	unavailable string
	//go:embed testdata/s3_501.xml
	notImplemented string
	//go:embed testdata/s3_503.xml
	slowDown string
	//go:embed testdata/s3_507.xml
	storageFull string
)

// elastic is an answer of Elasticsearch, whose clients want to see the header.
func elastic(status int, body string) Answer {
	return Answer{Status: status, Type: "application/json", Body: body, Header: map[string]string{"X-Elastic-Product": "Elasticsearch"}}
}

// TooMany is Elasticsearch when the bulk requests under way take more memory than they may.
func TooMany() Answer { return elastic(http.StatusTooManyRequests, tooMany) }

// Unavailable is Elasticsearch when it has no master.
func Unavailable() Answer { return elastic(http.StatusServiceUnavailable, unavailable) }

// SlowDown is an S3 store that has too much to do.
func SlowDown() Answer {
	return Answer{Status: http.StatusServiceUnavailable, Type: "application/xml", Body: slowDown}
}

// StorageFull is MinIO when its drives are full.
func StorageFull() Answer {
	return Answer{Status: http.StatusInsufficientStorage, Type: "application/xml", Body: storageFull}
}
