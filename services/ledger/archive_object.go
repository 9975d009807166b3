package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"

	"catsvdogs/services/ledger/account"
)

// objectName is TOPIC/dt=DATE/hour=HH/TOPIC-PARTITION-OFFSET.ndjson.zst, or .gz: the hour is that of the first record.
var objectName = regexp.MustCompile(`^([^/]+)/dt=(\d{4}-\d\d-\d\d)/hour=(\d\d)/([^/]+)-(\d{1,9})-(\d{20})\.ndjson\.(zst|gz)$`)

// named is an object as a listing shows it, as small as can be: there may be a million.
type named struct {
	first  int64
	hour   int32 // since 1970
	isGzip bool
}

func (n named) time() time.Time { return time.Unix(int64(n.hour)*3600, 0).UTC() }

func (n named) name(topicName string, partition int32) string {
	return fmt.Sprintf("%s%s-%d-%020d.ndjson.%s", folder(topicName, n.time()), topicName, partition, n.first, n.form())
}

func (n named) form() string {
	if n.isGzip {
		return "gz"
	}
	return "zst"
}

func folder(topicName string, hour time.Time) string {
	return fmt.Sprintf("%s/dt=%s/hour=%s/", topicName, hour.Format("2006-01-02"), hour.Format("15"))
}

// parseName reads the name of an object of a topic; false for one that is no object's.
func parseName(topicName, name string) (partition int32, n named, ok bool) {
	m := objectName.FindStringSubmatch(name)
	if m == nil || m[1] != topicName || m[4] != topicName {
		return 0, named{}, false
	}
	hour, err := time.Parse("2006-01-02 15", m[2]+" "+m[3])
	p, errP := strconv.ParseInt(m[5], 10, 32)
	first, errFirst := strconv.ParseInt(m[6], 10, 64)
	if errors.Join(err, errP, errFirst) != nil {
		return 0, named{}, false
	}
	return int32(p), named{first: first, hour: int32(hour.Unix() / 3600), isGzip: m[7] == "gz"}, true
}

// objects lists the archive of a topic by partition, each in the order of first offsets. A listing has not that order: it
// goes by the hour, and records' times may go back. since leaves out what is of hours before; zero is everything.
func (a *auditor) objects(ctx context.Context, topicName string, since time.Time) (map[int32][]named, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	options := minio.ListObjectsOptions{Prefix: topicName + "/", Recursive: true}
	if !since.IsZero() {
		options.StartAfter = folder(topicName, since)
	}
	found := map[int32][]named{}
	for info := range a.store.ListObjects(ctx, a.cfg.S3.S3Bucket, options) {
		if info.Err != nil {
			return nil, fmt.Errorf("list the archive of %s: %w", topicName, info.Err)
		}
		if partition, n, ok := parseName(topicName, info.Key); ok {
			found[partition] = append(found[partition], n)
		}
	}
	for _, of := range found {
		slices.SortFunc(of, named.order)
	}
	return found, ctx.Err()
}

// open passes what an object says of itself and its content to use. One read sees one version of it, also while another is
// put in its place.
func (a *auditor) open(ctx context.Context, name string, n named, use func(account.Object, io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, info, header, err := minio.Core{Client: a.store}.GetObject(ctx, a.cfg.S3.S3Bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer func() { _ = body.Close() }() // what was read has been read
	o := account.Object{Name: name, First: n.first, Version: info.ETag}
	for meta, into := range map[string]*int64{"start-offset": &o.Start, "last-offset": &o.Last, "records": &o.Lines} {
		said := header.Get("X-Amz-Meta-" + meta)
		number, err := strconv.ParseInt(said, 10, 64)
		if err != nil || number < 0 {
			o.RangeErr = fmt.Errorf("the metadata %s is %.40q and no number", meta, said)
		}
		*into = number
	}
	return use(o, body)
}

const (
	// maxWindowBytes bounds what a zstd frame may ask a reader to hold.
	maxWindowBytes = 64 << 20
	// maxLineBytes bounds a line: a record has at most some megabytes, and grows at most sixfold by escapes.
	maxLineBytes = 32 << 20
)

// lines unpacks an object and passes each line, which is good until each returns.
func lines(packed io.Reader, isGzip bool, each func(line []byte) error) error {
	var content io.Reader
	if isGzip {
		z, err := gzip.NewReader(packed)
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		content = z
	} else {
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindowBytes))
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		defer z.Close()
		content = z
	}
	in := bufio.NewReaderSize(content, 256<<10)
	var long []byte
	for {
		piece, err := in.ReadSlice('\n')
		if len(long)+len(piece) > maxLineBytes {
			return fmt.Errorf("%w: it is over %d bytes", errLine, maxLineBytes)
		}
		long = append(long, piece...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(long) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: the last one has no end", errLine)
		case err != nil:
			return fmt.Errorf("unpack: %w", err)
		}
		if err := each(long); err != nil {
			return err
		}
		long = long[:0]
	}
}

// isOurs says whether a name below suppressed/ is a part of the list of deletions.
func isOurs(name string) bool { return strings.HasSuffix(name, ".ndjson") }
