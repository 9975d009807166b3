package s3

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

const uploadFile = "upload.json"

// upload is a begun multipart upload, as kept in uploadsDir/<id>/upload.json beside its parts. It outlives the process.
type upload struct {
	Bucket    string            `json:"bucket"`
	Key       string            `json:"key"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	OnlyNew   bool              `json:"only_new,omitempty"` // begun with If-None-Match: *
	Initiated time.Time         `json:"initiated"`
}

// part is one received part; its number and ETag are its file's name.
type part struct {
	number int
	etag   string
	file   string
	info   fs.FileInfo
}

// CreateMultipartUpload implements gofakes3.MultipartBackend. A condition given here holds for the completion too:
// minio-go sends it only here.
func (f *folder) CreateMultipartUpload(bucket, key string, meta map[string]string) (gofakes3.UploadID, error) {
	file, err := objectPath(bucket, key)
	if err != nil {
		return "", err
	}
	_, isNew := meta[onlyNewHeader]
	delete(meta, onlyNewHeader)
	if _, err := f.root.Stat(file); isNew && err == nil {
		return "", gofakes3.ErrPreconditionFailed // before gigabytes are sent for nothing
	}
	id := rand.Text()
	text, err := json.Marshal(upload{Bucket: bucket, Key: key, Metadata: meta, OnlyNew: isNew, Initiated: time.Now().UTC()})
	if err != nil {
		return "", fmt.Errorf("begin upload: %w", err)
	}
	return gofakes3.UploadID(id), f.saveDurably(path.Join(uploadsDir, id, uploadFile), text)
}

// upload returns the upload with that id if it is one of that object.
func (f *folder) upload(bucket, key string, id gofakes3.UploadID) (upload, error) {
	var u upload
	if id == "" || strings.ContainsAny(string(id), "/\\.~\x00") {
		return u, gofakes3.ErrNoSuchUpload
	}
	text, err := f.root.ReadFile(path.Join(uploadsDir, string(id), uploadFile))
	if err != nil {
		return u, gofakes3.ErrNoSuchUpload
	}
	if err := json.Unmarshal(text, &u); err != nil {
		return u, fmt.Errorf("read upload %s: %w", id, err)
	}
	if u.Bucket != bucket || u.Key != key {
		return u, gofakes3.ErrNoSuchUpload
	}
	return u, nil
}

// UploadPart implements gofakes3.MultipartBackend. Of two parts with one number the later counts.
func (f *folder) UploadPart(bucket, key string, id gofakes3.UploadID, number int, _ int64, body io.Reader) (string, error) {
	if _, err := f.upload(bucket, key, id); err != nil {
		return "", err
	}
	in, err := f.receive(body)
	if err != nil {
		return "", protocolError(err)
	}
	dir := path.Join(uploadsDir, string(id))
	name := fmt.Sprintf("%05d.%s", number, in.etag)
	if err := f.root.Rename(in.file, path.Join(dir, name)); err != nil {
		f.drop(in.file)
		return "", gofakes3.ErrNoSuchUpload // completed or aborted meanwhile
	}
	return `"` + in.etag + `"`, f.syncDir(dir)
}

// parts returns what has been received, by number; of each number only the latest.
func (f *folder) parts(id gofakes3.UploadID) ([]part, error) {
	dir := path.Join(uploadsDir, string(id))
	entries, err := fs.ReadDir(f.root.FS(), dir)
	if err != nil {
		return nil, gofakes3.ErrNoSuchUpload
	}
	var parts []part
	for _, entry := range entries {
		digits, etag, _ := strings.Cut(entry.Name(), ".")
		number, err := strconv.Atoi(digits)
		if err != nil {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, gofakes3.ErrNoSuchUpload
		}
		parts = append(parts, part{number: number, etag: etag, file: path.Join(dir, entry.Name()), info: info})
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.number, b.number), b.info.ModTime().Compare(a.info.ModTime()))
	})
	return slices.CompactFunc(parts, func(a, b part) bool { return a.number == b.number }), nil
}

// CompleteMultipartUpload implements gofakes3.MultipartBackend. The ETag is the MD5 of the whole content, not S3's
// hash of hashes: clients must treat it as opaque. An upload that fails its condition stays, to be aborted.
func (f *folder) CompleteMultipartUpload(bucket, key string, id gofakes3.UploadID, input *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	plain, etag, hasETag := strings.Cut(string(id), onlyIf) // first, because an ETag is whatever the client says
	plain, isOnlyNew := strings.CutSuffix(plain, onlyNew)
	id = gofakes3.UploadID(plain)
	u, err := f.upload(bucket, key, id)
	if err != nil {
		return "", "", err
	}
	file, err := objectPath(bucket, key)
	if err != nil {
		return "", "", err
	}
	chosen, err := f.chosen(id, input.Parts)
	if err != nil {
		return "", "", err
	}
	content := &joined{folder: f, files: chosen}
	in, err := f.receive(content)
	if err = errors.Join(err, content.close()); err != nil {
		return "", "", protocolError(err)
	}
	var conditions *gofakes3.PutConditions
	if star := "*"; isOnlyNew || u.OnlyNew {
		conditions = &gofakes3.PutConditions{IfNoneMatch: &star}
	} else if hasETag {
		conditions = &gofakes3.PutConditions{IfMatch: &etag}
	}
	if err := f.commit(bucket, key, file, in, u.Metadata, conditions); err != nil {
		return "", "", err
	}
	return "", `"` + in.etag + `"`, f.AbortMultipartUpload(bucket, key, id)
}

// chosen returns the files of the parts that the client lists.
func (f *folder) chosen(id gofakes3.UploadID, listed []gofakes3.CompletedPart) ([]string, error) {
	parts, err := f.parts(id)
	if err != nil {
		return nil, err
	}
	if len(listed) == 0 {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMalformedXML, "no parts are listed")
	}
	var files []string
	for i, want := range listed {
		if i > 0 && want.PartNumber <= listed[i-1].PartNumber {
			return nil, gofakes3.ErrInvalidPartOrder
		}
		at := slices.IndexFunc(parts, func(p part) bool {
			return p.number == want.PartNumber && p.etag == strings.Trim(want.ETag, `"`)
		})
		if at < 0 {
			return nil, gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d with that ETag has not been received", want.PartNumber)
		}
		files = append(files, parts[at].file)
	}
	return files, nil
}

// AbortMultipartUpload implements gofakes3.MultipartBackend.
func (f *folder) AbortMultipartUpload(bucket, key string, id gofakes3.UploadID) error {
	if _, err := f.upload(bucket, key, id); err != nil {
		return err
	}
	if err := f.root.RemoveAll(path.Join(uploadsDir, string(id))); err != nil {
		return fmt.Errorf("end upload %s: %w", id, err)
	}
	return nil
}

// joined reads files one after the other.
type joined struct {
	folder *folder
	files  []string
	now    io.ReadCloser
}

func (j *joined) close() error {
	if j.now == nil {
		return nil
	}
	return j.now.Close()
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.now == nil {
			if len(j.files) == 0 {
				return 0, io.EOF
			}
			file, err := j.folder.root.Open(j.files[0])
			if err != nil {
				return 0, gofakes3.ErrNoSuchUpload // completed or aborted meanwhile
			}
			j.now, j.files = file, j.files[1:]
		}
		n, err := j.now.Read(p)
		if errors.Is(err, io.EOF) {
			err = j.now.Close()
			j.now = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}
