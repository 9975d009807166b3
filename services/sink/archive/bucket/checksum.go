package bucket

import (
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// checksumHeader carries the CRC32C of a body: the store computes it as well and refuses a body that arrived otherwise
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html). It is the checksum that
// processors have an instruction for.
const checksumHeader = "X-Amz-Checksum-Crc32c"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum returns the CRC32C of body and takes it back to its start.
func sum(body io.ReadSeeker) ([]byte, error) {
	h := crc32.New(castagnoli)
	if _, err := io.Copy(h, body); err != nil {
		return nil, err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func encoded(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

// errChecksum says that the store holds other bytes than were sent.
var errChecksum = errors.New("the store has another checksum than what was sent")

// sameSum compares the checksum that the store answers with ours. A store that does not know checksums answers none; it
// has at least verified the body's signature or, over TLS, its transport.
func sameSum(answered, sent string) error {
	if answered != "" && answered != sent {
		return fmt.Errorf("%w: %s, not %s", errChecksum, answered, sent)
	}
	return nil
}

// composite is the checksum of an object that was put in parts, as S3 computes it: that of the parts' checksums, and how
// many there are. A store may answer one over the whole object instead, which has no number and is not compared.
func composite(sums []byte, parts int, answered string) error {
	if !strings.Contains(answered, "-") {
		return nil
	}
	h := crc32.New(castagnoli)
	_, _ = h.Write(sums) // a hash takes everything
	return sameSum(answered, fmt.Sprintf("%s-%d", encoded(h.Sum(nil)), parts))
}
