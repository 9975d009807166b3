package s3

import (
	"crypto/sha1" //nolint:gosec // one of the checksums that S3 defines, not used for trust
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

const checksumPrefix = "x-amz-checksum-"

// newChecksum returns the hash behind x-amz-checksum-<name>,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html, or nil for one unknown here.
func newChecksum(name string) hash.Hash {
	switch name {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "crc64nvme":
		return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) // CRC-64/NVME, polynomial reversed
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	}
	return nil
}

// verifiedBody is a request body that ends with io.EOF only when it is the content that the client announced.
type verifiedBody struct {
	io.Closer
	content  io.Reader
	sha256   string // hex, or empty when the request did not sign its body
	sum      hash.Hash
	check    map[string]hash.Hash // by checksum name
	want     func(name string) string
	verified http.Header // receives the checksums that were right, as S3 answers them
	failed   error
}

// Read implements io.Reader.
func (v *verifiedBody) Read(p []byte) (int, error) {
	if v.failed != nil {
		return 0, v.failed
	}
	n, err := v.content.Read(p)
	v.sum.Write(p[:n])
	for _, h := range v.check {
		h.Write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		err = v.judge()
	}
	v.failed = err
	return n, err
}

func (v *verifiedBody) judge() error {
	if v.sha256 != "" && hex.EncodeToString(v.sum.Sum(nil)) != v.sha256 {
		return gofakes3.ErrorMessage(gofakes3.ErrBadDigest, "the body is not the one of x-amz-content-sha256")
	}
	for name, h := range v.check {
		got := base64.StdEncoding.EncodeToString(h.Sum(nil))
		if got != v.want(checksumPrefix+name) {
			return gofakes3.ErrorMessage(gofakes3.ErrBadDigest, "the body does not have the checksum of "+checksumPrefix+name)
		}
		v.verified.Set(checksumPrefix+name, got)
	}
	return io.EOF
}

// announcedChecksums returns the checksums that r carries in its headers or promises in its trailer. One that cannot be
// checked is refused: to store the object would be to say that it is intact.
func announcedChecksums(r *http.Request) (map[string]hash.Hash, *refusal) {
	names := []string{}
	for header := range r.Header {
		names = append(names, strings.ToLower(header))
	}
	for _, line := range r.Header.Values("X-Amz-Trailer") {
		for name := range strings.SplitSeq(line, ",") {
			names = append(names, strings.ToLower(strings.TrimSpace(name)))
		}
	}
	check := map[string]hash.Hash{}
	for _, header := range names {
		name, ok := strings.CutPrefix(header, checksumPrefix)
		if !ok || name == "algorithm" || name == "type" || name == "mode" {
			continue
		}
		h := newChecksum(name)
		if h == nil {
			return nil, refuse(http.StatusNotImplemented, "NotImplemented", "the embedded object store cannot check "+header)
		}
		check[name] = h
	}
	return check, nil
}
