package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// chunkHead is the space for the size line of a chunk (RFC 9112, section 7.1);
// leading zeros are allowed, so the size can be filled in afterwards.
const chunkHead = "00000000\r\n"

// deadlineWriter is the part of a net.Conn that a stream needs.
type deadlineWriter interface {
	io.Writer
	SetWriteDeadline(t time.Time) error
}

// outlet frames what is written to a stream's connection as chunks, compressed
// if the client asked for it.
type outlet struct {
	conn   deadlineWriter
	packed bytes.Buffer // the chunk being compressed, begins with chunkHead
	zip    *gzip.Writer // nil without compression
}

func newOutlet(conn deadlineWriter, compressed bool) *outlet {
	o := &outlet{conn: conn}
	if compressed {
		// The fastest level: a stream is compressed once for every client.
		o.zip, _ = gzip.NewWriterLevel(&o.packed, gzip.BestSpeed) // fails on an unknown level only
	}
	return o
}

// send writes buf, which begins with chunkHead, as one chunk. It returns how
// many bytes of buf the connection took. Of a compressed chunk it is all or
// nothing: what a client can read of a part is known to the client only.
func (o *outlet) send(deadline time.Time, buf *[]byte) (int, error) {
	chunk, err := o.frame(buf)
	if err != nil {
		return 0, err
	}
	n, err := o.write(deadline, chunk)
	if o.zip == nil {
		return n, err
	}
	if err != nil {
		return 0, err
	}
	return len(*buf), nil
}

// frame makes the whole chunk of buf, valid until the next call.
func (o *outlet) frame(buf *[]byte) ([]byte, error) {
	chunk := *buf
	if o.zip != nil {
		o.packed.Reset()
		o.packed.WriteString(chunkHead)
		_, err := o.zip.Write((*buf)[len(chunkHead):])
		if err == nil {
			err = o.zip.Flush()
		}
		if err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
		chunk = o.packed.Bytes()
	}
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(chunk)-len(chunkHead)))
	hex.Encode(chunk, size[:])
	chunk = append(chunk, "\r\n"...)
	if o.zip == nil {
		*buf = chunk
	}
	return chunk, nil
}

// keepAlive writes a blank line.
func (o *outlet) keepAlive(deadline time.Time) error { return o.line(deadline, "") }

// line writes one line that is no post.
func (o *outlet) line(deadline time.Time, text string) error {
	buf := []byte(chunkHead + text + "\r\n")
	_, err := o.send(deadline, &buf)
	return err
}

// end completes the response.
func (o *outlet) end(deadline time.Time) error {
	last := []byte("0\r\n\r\n")
	if o.zip != nil {
		o.packed.Reset()
		if err := o.zip.Close(); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		last = append(fmt.Appendf(nil, "%x\r\n%s\r\n", o.packed.Len(), o.packed.Bytes()), last...)
	}
	_, err := o.write(deadline, last)
	return err
}

func (o *outlet) write(deadline time.Time, data []byte) (int, error) {
	if err := o.conn.SetWriteDeadline(deadline); err != nil {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	n, err := o.conn.Write(data)
	if err != nil {
		return n, fmt.Errorf("write to the stream: %w", err)
	}
	return n, nil
}
