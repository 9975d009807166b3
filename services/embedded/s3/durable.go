package s3

import (
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
)

// received is a body that lies complete and synced in the incoming folder, waiting for its name.
type received struct {
	file string
	etag string // MD5, hex
	info fs.FileInfo
}

// receive stores body aside. On an error nothing is left behind.
func (f *folder) receive(body io.Reader) (_ received, err error) {
	r := received{file: path.Join(incomingDir, rand.Text())}
	file, err := f.root.Create(r.file)
	if err != nil {
		return r, fmt.Errorf("make incoming file: %w", err)
	}
	defer func() {
		if err != nil {
			f.drop(r.file)
		}
	}()
	sum := md5.New() //nolint:gosec // see import
	_, err = io.Copy(io.MultiWriter(file, sum), body)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return r, fmt.Errorf("receive body: %w", err)
	}
	now := f.tick()
	if err := f.root.Chtimes(r.file, now, now); err != nil {
		return r, fmt.Errorf("receive body: %w", err)
	}
	r.etag = hex.EncodeToString(sum.Sum(nil))
	r.info, err = f.root.Stat(r.file) // the file system may round the time
	return r, err
}

// drop removes a file that nobody was promised. It can only fail together with everything else, and then only costs space.
func (f *folder) drop(file string) {
	if err := f.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("remove file of the object store", "file", file, "error", err)
	}
}

// syncDirs makes the entries on the way from top down to dir durable: a renamed file without its folder's entry is gone
// after a power cut.
func (f *folder) syncDirs(top, dir string) error {
	for {
		if err := f.syncDir(dir); err != nil {
			return err
		}
		if dir == top || dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

func (f *folder) syncDir(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there, NTFS journals their entries
		return nil
	}
	d, err := f.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // emptied and removed by a delete since
	}
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
