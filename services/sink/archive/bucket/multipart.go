package bucket

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"catsvdogs/services/pipeline/crashpoint"
)

func (b *Bucket) putWhole(ctx context.Context, name string, body *io.SectionReader, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	crc, err := sum(body)
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	request := o.request()
	request.UserMetadata[checksumHeader] = encoded(crc)
	info, err := b.core.PutObject(ctx, b.name, name, body, body.Size(), "", "", request)
	if err == nil {
		err = sameSum(info.ChecksumCRC32C, encoded(crc))
	}
	return judged("put", name, o, err)
}

// upload is an upload in parts. The object appears when it is completed, and the condition is checked then: that is why
// the core of minio-go is used here, whose client above it sends the condition with the beginning only.
type upload struct {
	b     *Bucket
	name  string
	id    string
	o     Options
	parts []minio.CompletePart
	sums  []byte
}

func (b *Bucket) begin(ctx context.Context, name string, o Options) (*upload, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	unconditional := o
	unconditional.OnlyNew, unconditional.IfMatch = false, ""
	request := unconditional.request()
	request.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
	id, err := b.core.NewMultipartUpload(ctx, b.name, name, request)
	if err != nil {
		return nil, judged("begin to put", name, o, err)
	}
	return &upload{b: b, name: name, id: id, o: o}, nil
}

// part sends the next part.
func (u *upload) part(ctx context.Context, body *io.SectionReader) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	number := len(u.parts) + 1
	crc, err := sum(body)
	if err != nil {
		return fmt.Errorf("put part %d of %s: %w", number, u.name, err)
	}
	sent, err := u.b.core.PutObjectPart(ctx, u.b.name, u.name, u.id, number, body, body.Size(), minio.PutObjectPartOptions{
		CustomHeader: http.Header{checksumHeader: {encoded(crc)}},
	})
	if err == nil {
		err = sameSum(sent.ChecksumCRC32C, encoded(crc))
	}
	if err != nil {
		return fmt.Errorf("put part %d of %s: %w", number, u.name, err)
	}
	crashpoint.At(crashpoint.ArchivePart)
	u.parts = append(u.parts, minio.CompletePart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32C: sent.ChecksumCRC32C})
	u.sums = append(u.sums, crc...)
	return nil
}

// complete makes the parts an object. After an error they are thrown away.
func (u *upload) complete(ctx context.Context) error {
	request, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var o minio.PutObjectOptions
	u.o.condition(&o)
	info, err := u.b.core.CompleteMultipartUpload(request, u.b.name, u.name, u.id, u.parts, o)
	if err == nil {
		err = composite(u.sums, len(u.parts), info.ChecksumCRC32C)
	}
	if err != nil {
		u.abort(ctx)
	}
	return judged("put", u.name, u.o, err)
}

// abortTimeout bounds the throwing away of parts, which a stop must not cut off: they cost space for ever.
const abortTimeout = 5 * time.Second

// abort throws the parts away. Where that fails, AbortLeftovers does it later.
func (u *upload) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = u.b.core.AbortMultipartUpload(ctx, u.b.name, u.name, u.id)
}

// AbortLeftovers throws away the parts of uploads of this name that were never completed, whoever began them. It is for
// what a killed process has left; an upload under way elsewhere fails by it, too.
func (b *Bucket) AbortLeftovers(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	found, err := b.core.ListMultipartUploads(ctx, b.name, name, "", "", "", 1000)
	if err != nil {
		return fmt.Errorf("look for unfinished uploads of %s: %w", name, err)
	}
	for _, left := range found.Uploads {
		if left.Key != name {
			continue
		}
		err := b.core.AbortMultipartUpload(ctx, b.name, name, left.UploadID)
		if err != nil && minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
			return fmt.Errorf("throw an unfinished upload of %s away: %w", name, err)
		}
	}
	return nil
}
