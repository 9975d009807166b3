package access

import (
	"encoding/json"
	"fmt"
)

// StoreAdmin is the root user of the stack's own object store. Only provision logs in as it.
const StoreAdmin = "catsvdogs-root"

// Policy is what a service may do in the object store, under the name of its user.
type Policy struct {
	Service    string
	Statements []Statement
}

// Statement allows actions on resources.
type Statement struct {
	Effect   string
	Action   []string
	Resource []string
}

// Document is the policy as IAM, and every S3 store, writes it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func (p Policy) Document() ([]byte, error) {
	b, err := json.Marshal(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", p.Statements})
	if err != nil {
		return nil, fmt.Errorf("write the policy of %s: %w", p.Service, err)
	}
	return b, nil
}

// Policies lists the policies for the archive in a bucket.
func Policies(bucket string) []Policy {
	whole, within := []string{"arn:aws:s3:::" + bucket}, []string{"arn:aws:s3:::" + bucket + "/*"}
	read := []Statement{
		{"Allow", []string{"s3:ListBucket", "s3:GetBucketLocation"}, whole},
		{"Allow", []string{"s3:GetObject"}, within},
	}
	return []Policy{
		{Sink, append([]Statement{
			// Deleted posts leave the archive: their objects are written anew, and the old ones and their versions removed.
			{"Allow", []string{"s3:ListBucketVersions", "s3:GetBucketVersioning", "s3:ListBucketMultipartUploads"}, whole},
			{"Allow", []string{
				"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectVersion",
			}, within},
		}, read...)},
		{Ingest, read}, // reads the archive back (--source=archive)
		{Refresher, read},
		{Ledger, read},
	}
}
