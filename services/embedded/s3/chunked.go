package s3

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

const (
	chunkWord    = "AWS4-HMAC-SHA256-PAYLOAD"
	trailerWord  = "AWS4-HMAC-SHA256-TRAILER"
	emptySHA256  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	maxTrailer   = 4 << 10
	maxChunkHead = 256
	chunkSigMark = ";chunk-signature="
	trailerSig   = "x-amz-trailer-signature"
)

// chunkedReader reads the content out of an aws-chunked body,
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html: chunks of
// "<hex size>[;chunk-signature=<hex>]\r\n<bytes>\r\n", one of size 0, then trailing headers. It returns io.EOF only
// after the content had its announced length and every signature was right, so whoever stores the content at io.EOF stores nothing
// forged or cut off. Errors are gofakes3 error codes (status 400).
type chunkedReader struct {
	body     *bufio.Reader
	seal     seal  // with key nil the chunks carry no signatures
	left     int64 // bytes of content still to come, by the announced length
	chunk    int64 // bytes left in this chunk
	inChunk  bool
	claimed  string // the signature that this chunk came with
	sum      hash.Hash
	trailers map[string]string // lower-case names; complete at io.EOF
	failed   error
}

func newChunkedReader(body io.Reader, s seal, length int64) *chunkedReader {
	return &chunkedReader{body: bufio.NewReaderSize(body, 32<<10), seal: s, left: length, sum: sha256.New(), trailers: map[string]string{}}
}

// Read implements io.Reader.
func (c *chunkedReader) Read(p []byte) (int, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	n, err := c.read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "the body ends within a chunk")
	}
	c.failed = err
	return n, err
}

func (c *chunkedReader) read(p []byte) (int, error) {
	for !c.inChunk {
		if err := c.head(); err != nil {
			return 0, err
		}
		if c.chunk == 0 {
			return 0, c.end()
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.body.Read(p[:min(int64(len(p)), c.chunk)])
	c.sum.Write(p[:n])
	c.chunk -= int64(n)
	c.left -= int64(n)
	if err != nil && (c.chunk > 0 || !errors.Is(err, io.EOF)) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	if c.chunk == 0 {
		c.inChunk = false
		return n, c.tail()
	}
	return n, nil
}

// head reads a chunk's size and signature.
func (c *chunkedReader) head() error {
	line, err := c.line(maxChunkHead)
	if err != nil {
		return err
	}
	size, claimed, _ := strings.Cut(line, chunkSigMark)
	c.chunk, err = strconv.ParseInt(size, 16, 64)
	if err != nil || c.chunk < 0 || c.chunk > c.left {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "the chunks do not add up to x-amz-decoded-content-length")
	}
	c.claimed, c.inChunk = claimed, true
	c.sum.Reset()
	return nil
}

// tail checks the chunk that has just been read.
func (c *chunkedReader) tail() error {
	if line, err := c.line(maxChunkHead); err != nil {
		return err
	} else if line != "" {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "a chunk is longer than its size")
	}
	return c.checkChunk(hex.EncodeToString(c.sum.Sum(nil)))
}

func (c *chunkedReader) checkChunk(sum string) error {
	if c.seal.key == nil {
		return nil
	}
	want := c.seal.sign(chunkWord, c.seal.date, c.seal.scope, c.seal.signature, emptySHA256, sum)
	if !hmac.Equal([]byte(want), []byte(c.claimed)) {
		return gofakes3.ErrorMessage(gofakes3.ErrBadDigest, "a chunk's signature is not the one that the secret key gives")
	}
	c.seal.signature = want
	return nil
}

// end checks the last, empty chunk and the trailing headers. Clients differ in the blank lines between them.
func (c *chunkedReader) end() error {
	if c.left != 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "the content is shorter than x-amz-decoded-content-length")
	}
	if err := c.checkChunk(emptySHA256); err != nil {
		return err
	}
	rest, err := io.ReadAll(io.LimitReader(c.body, maxTrailer+1))
	if err != nil {
		return err
	}
	if len(rest) > maxTrailer {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "the trailing headers are too long")
	}
	var signed strings.Builder
	for line := range strings.Lines(string(rest)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found {
			continue
		}
		name = strings.ToLower(name)
		if name != trailerSig {
			signed.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
		}
		c.trailers[name] = strings.TrimSpace(value)
	}
	if c.seal.key != nil && signed.Len() > 0 {
		sum := sha256.Sum256([]byte(signed.String()))
		want := c.seal.sign(trailerWord, c.seal.date, c.seal.scope, c.seal.signature, hex.EncodeToString(sum[:]))
		if !hmac.Equal([]byte(want), []byte(c.trailers[trailerSig])) {
			return gofakes3.ErrorMessage(gofakes3.ErrBadDigest, "the signature of the trailing headers is not the one that the secret key gives")
		}
	}
	return io.EOF
}

// line reads up to CRLF, at most limit bytes, and returns it without.
func (c *chunkedReader) line(limit int) (string, error) {
	var b strings.Builder
	for b.Len() <= limit {
		ch, err := c.body.ReadByte()
		if errors.Is(err, io.EOF) {
			return "", io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		if ch == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		b.WriteByte(ch)
	}
	return "", gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "a chunk header is too long")
}
