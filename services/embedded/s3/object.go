package s3

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"syscall"

	"github.com/johannesboyne/gofakes3"
)

// PutObject implements gofakes3.Backend. The body is received without any lock; the condition is checked and the name given under one.
func (f *folder) PutObject(bucket, key string, meta map[string]string, body io.Reader, _ int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	none := gofakes3.PutObjectResult{}
	file, err := objectPath(bucket, key)
	if err != nil {
		return none, err
	}
	in, err := f.receive(body)
	if err != nil {
		return none, protocolError(err)
	}
	return none, f.commit(bucket, key, file, in, meta, conditions)
}

// commit gives a received body its name, durably, if the conditions hold; otherwise nothing changes.
func (f *folder) commit(bucket, key, file string, in received, meta map[string]string, conditions *gofakes3.PutConditions) error {
	own := maps.Clone(meta)
	delete(own, "Last-Modified") // the file's time says it
	rec := recordPath(bucket, key, in.info)
	err := f.saveRecord(rec, record{Key: key, ETag: in.etag, Metadata: own})
	if err == nil {
		err = f.rename(bucket, key, file, in.file, conditions)
	}
	if err != nil {
		f.drop(in.file)
		f.drop(rec)
		return protocolError(err)
	}
	return f.syncDirs(bucket, path.Dir(file))
}

// rename is the moment at which a put happens.
func (f *folder) rename(bucket, key, file, incoming string, conditions *gofakes3.PutConditions) error {
	f.names.Lock()
	defer f.names.Unlock()
	if exists, err := f.BucketExists(bucket); err != nil {
		return err
	} else if !exists {
		return gofakes3.BucketNotFound(bucket)
	}
	old, err := f.root.Stat(file)
	switch {
	case err == nil && old.IsDir():
		return keyConflict(key)
	case errors.Is(err, syscall.ENOTDIR):
		return keyConflict(key)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look for object %s: %w", key, err)
	}
	replaces := err == nil
	if conditions != nil {
		now := &gofakes3.ConditionalObjectInfo{Exists: replaces}
		if replaces {
			rec, err := f.loadRecord(bucket, key, old)
			if err != nil {
				return err
			}
			now.Hash = rec.hash()
		}
		if err := gofakes3.CheckPutConditions(conditions, now); err != nil {
			return err
		}
	}
	if err := f.root.MkdirAll(path.Dir(file), 0o755); err != nil {
		return keyConflict(key)
	}
	if err := f.root.Rename(incoming, file); err != nil {
		return fmt.Errorf("store object %s: %w", key, err)
	}
	if replaces {
		f.drop(recordPath(bucket, key, old))
	}
	return nil
}

func keyConflict(key string) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "the key %q needs a folder where an object is, or the other way round; this store keeps objects as files", key)
}

// open returns the object's file, positioned at its start, and what is known of it. The caller closes it.
func (f *folder) open(bucket, key string) (*os.File, fs.FileInfo, record, error) {
	name, err := objectPath(bucket, key)
	if err != nil {
		return nil, nil, record{}, err
	}
	f.names.RLock()
	defer f.names.RUnlock()
	file, err := f.root.Open(name)
	if err != nil {
		return nil, nil, record{}, gofakes3.KeyNotFound(key)
	}
	info, err := file.Stat()
	var rec record
	if err == nil && !info.Mode().IsRegular() {
		err = gofakes3.KeyNotFound(key)
	}
	if err == nil {
		rec, err = f.loadRecord(bucket, key, info)
	}
	if err != nil {
		return nil, nil, rec, errors.Join(err, file.Close())
	}
	return file, info, rec, nil
}

// GetObject implements gofakes3.Backend.
func (f *folder) GetObject(bucket, key string, want *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	file, info, rec, err := f.open(bucket, key)
	if err != nil {
		return nil, protocolError(err)
	}
	object := &gofakes3.Object{Name: key, Metadata: rec.headers(info), Size: info.Size(), Hash: rec.hash(), Contents: file}
	object.Range, err = want.Range(info.Size())
	if err == nil && object.Range != nil {
		if _, err = file.Seek(object.Range.Start, io.SeekStart); err == nil {
			object.Contents = section{io.LimitReader(file, object.Range.Length), file}
		}
	}
	if err != nil {
		return nil, protocolError(errors.Join(err, file.Close()))
	}
	return object, nil
}

// section is a part of a file that closes the file.
type section struct {
	io.Reader
	io.Closer
}

// HeadObject implements gofakes3.Backend.
func (f *folder) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	file, info, rec, err := f.open(bucket, key)
	if err != nil {
		return nil, protocolError(err)
	}
	return &gofakes3.Object{Name: key, Metadata: rec.headers(info), Size: info.Size(), Hash: rec.hash(), Contents: section{io.LimitReader(file, 0), file}}, nil
}

// CopyObject implements gofakes3.Backend.
func (f *folder) CopyObject(fromBucket, fromKey, toBucket, toKey string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	delete(meta, "X-Amz-Copy-Source") // says how the object came, not what it is
	return gofakes3.CopyObject(f, fromBucket, fromKey, toBucket, toKey, meta)
}

// DeleteObject implements gofakes3.Backend. Deleting what is not there succeeds, as on S3.
func (f *folder) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	none := gofakes3.ObjectDeleteResult{}
	file, err := objectPath(bucket, key)
	if err != nil {
		return none, err
	}
	f.names.Lock()
	defer f.names.Unlock()
	info, err := f.root.Stat(file)
	if err != nil || info.IsDir() {
		return none, nil
	}
	if err := f.root.Remove(file); err != nil {
		return none, fmt.Errorf("delete object %s: %w", key, err)
	}
	f.drop(recordPath(bucket, key, info))
	// Folders exist for their objects: S3 has none, and an empty one would stand in the way of an object of its name.
	dir := path.Dir(file)
	for dir != bucket && f.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
	return none, f.syncDir(dir)
}

// DeleteMulti implements gofakes3.Backend.
func (f *folder) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := f.DeleteObject(bucket, key); err != nil {
			failed := gofakes3.ErrorResultFromError(err)
			failed.Key = key
			result.Error = append(result.Error, failed)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// hash returns the ETag's bytes; loadRecord has made sure that they are sixteen.
func (r record) hash() []byte {
	sum, _ := hex.DecodeString(r.ETag)
	return sum
}

// protocolError returns the S3 error within err, which gofakes3 recognizes only when it stands bare, or err.
func protocolError(err error) error {
	var known gofakes3.Error
	if errors.As(err, &known) {
		return known
	}
	return err
}
