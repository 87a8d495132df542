/* file - the file that a server sends to its clients (--service file).
 *
 * The file is mapped into memory once, before any fork and before any thread
 * starts.  All clients get their bytes from this mapping, so a server needs no
 * more memory for many clients than for one. */

#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>

/* Maps the file.  Ends the program with status 1 if the file cannot be read, is
 * not a regular file, or is too large for a head (FRAME_HEAD). */
void file_open(const char *path);

/* Sets *bytes to the first byte of the file and returns its size now.  Bytes
 * that were appended to the file after file_open do not count.
 *
 * The file may become shorter at any time.  If the server then read a byte that
 * does not exist any more, the kernel would kill it (SIGBUS).  So only send(2)
 * may read these bytes: the kernel copies them, and if they are not there, send
 * fails with EFAULT. */
size_t file_size(const char **bytes);

#endif
