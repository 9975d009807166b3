package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// Folders below Dir. No bucket's name begins with a dot.
const (
	storeDir    = ".store"
	metadataDir = storeDir + "/metadata"
	uploadsDir  = storeDir + "/uploads"
	incomingDir = storeDir + "/incoming"
)

// folder implements gofakes3.Backend and gofakes3.MultipartBackend on a folder. All paths inside are slash-separated and
// relative to root, which refuses to leave the folder, symbolic links included. Safe for concurrent use.
type folder struct {
	root *os.Root
	log  *slog.Logger
	// names guards what stands under which name: a writer holds it to check a condition and rename, a reader to open a
	// file together with its record. Never held while a body is received or sent.
	names sync.RWMutex
	// lastTime makes the modification times of this process's writes distinct, in nanoseconds since 1970: a record is found by
	// size and time of its file, and two puts within a tick of the kernel's clock would share one.
	lastTime atomic.Int64
}

var (
	_ gofakes3.Backend          = (*folder)(nil)
	_ gofakes3.MultipartBackend = (*folder)(nil)
)

func openFolder(dir string, log *slog.Logger) (*folder, error) {
	if dir == "" {
		return nil, errors.New("no folder given")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root, log: log}
	// Bodies that a killed process was receiving: nobody was told that they are here.
	err = root.RemoveAll(incomingDir)
	for _, sub := range []string{metadataDir, uploadsDir, incomingDir} {
		err = errors.Join(err, root.MkdirAll(sub, 0o755))
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

func (f *folder) close() error { return f.root.Close() }

// objectPath returns the file of a key, or the S3 error for a key that cannot be one.
func objectPath(bucket, key string) (string, error) {
	if err := gofakes3.ValidateBucketName(bucket); err != nil {
		return "", gofakes3.BucketNotFound(bucket)
	}
	file := path.Join(bucket, key)
	// Join cleans: a key that comes back changed has two spellings of one file.
	if key == "" || file != bucket+"/"+key || strings.ContainsAny(key, "\\\x00") || !filepath.IsLocal(filepath.FromSlash(key)) {
		return "", gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "the key %q cannot be the name of a file, which this store keeps objects as", key)
	}
	for element := range strings.SplitSeq(key, "/") {
		if len(element) > 255 {
			return "", gofakes3.ErrorMessage(gofakes3.ErrKeyTooLong, "a part of the key between slashes is longer than a file's name may be")
		}
	}
	return file, nil
}

// ListBuckets implements gofakes3.Backend.
func (f *folder) ListBuckets() ([]gofakes3.BucketInfo, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list buckets: %w", err)
	}
	var buckets []gofakes3.BucketInfo
	for _, entry := range entries {
		if !entry.IsDir() || gofakes3.ValidateBucketName(entry.Name()) != nil {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // deleted since
		}
		buckets = append(buckets, gofakes3.BucketInfo{Name: entry.Name(), CreationDate: gofakes3.NewContentTime(info.ModTime())})
	}
	return buckets, nil
}

// CreateBucket implements gofakes3.Backend.
func (f *folder) CreateBucket(name string) error {
	f.names.Lock()
	defer f.names.Unlock()
	switch err := f.root.Mkdir(name, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	case err != nil:
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	return f.syncDir(".")
}

// BucketExists implements gofakes3.Backend.
func (f *folder) BucketExists(name string) (bool, error) {
	if gofakes3.ValidateBucketName(name) != nil {
		return false, nil
	}
	info, err := f.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.IsDir(), err
}

// DeleteBucket implements gofakes3.Backend.
func (f *folder) DeleteBucket(name string) error {
	f.names.Lock()
	defer f.names.Unlock()
	keys, err := f.keys(name, "")
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	if err := errors.Join(f.root.RemoveAll(name), f.root.RemoveAll(path.Join(metadataDir, name))); err != nil {
		return fmt.Errorf("delete bucket %s: %w", name, err)
	}
	return f.syncDir(".")
}

// ForceDeleteBucket implements gofakes3.Backend. It is refused: this folder is somebody's archive.
func (f *folder) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }

// tick returns a time that no earlier write of this process has.
func (f *folder) tick() time.Time {
	for {
		last := f.lastTime.Load()
		next := max(time.Now().UnixNano(), last+1)
		if f.lastTime.CompareAndSwap(last, next) {
			return time.Unix(0, next)
		}
	}
}
