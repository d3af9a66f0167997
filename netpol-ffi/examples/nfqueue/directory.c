#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct directory {
    char *path;
    int inotify, watch; /* the watch is -1 while the directory is not there */
    char **written;     /* names of files that were written to and not closed since */
    size_t written_len;
};

/* A mounted ConfigMap is a folder `..data` behind a link of that name, which is moved into place: the move
 * is all that is seen of a change. Writing is followed until it ends, so that no half of a file is read. */
static const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

struct directory *directory_open(const char *path)
{
    struct directory *directory = calloc(1, sizeof *directory);

    if (directory == NULL || (directory->path = strdup(path)) == NULL) {
        perror("netpol-nfqueue");
        free(directory);
        return NULL;
    }
    directory->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    directory->watch = directory->inotify < 0 ? -1 : inotify_add_watch(directory->inotify, path, mask);
    if (directory->watch < 0) {
        fprintf(stderr, "netpol-nfqueue: %s: %s\n", path, strerror(errno));
        directory_close(directory);
        return NULL;
    }
    return directory;
}

int directory_descriptor(const struct directory *directory)
{
    return directory->inotify;
}

static size_t find_written(const struct directory *directory, const char *name)
{
    size_t i = 0;

    while (i < directory->written_len && strcmp(directory->written[i], name) != 0) {
        i++;
    }
    return i;
}

static void set_written(struct directory *directory, const char *name, bool is_written)
{
    size_t found = find_written(directory, name);

    if (is_written && found == directory->written_len) {
        char **more = realloc(directory->written, (found + 1) * sizeof *more);
        if (more != NULL) {
            directory->written = more;
            directory->written[found] = strdup(name);
            directory->written_len += directory->written[found] != NULL;
        }
    } else if (!is_written && found < directory->written_len) {
        free(directory->written[found]);
        directory->written[found] = directory->written[--directory->written_len];
    }
}

/* Whether a name is a manifest's. */
static bool is_manifest(const char *name)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    size_t length = strlen(name), i;

    for (i = 0; name[0] != '.' && i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_in(struct directory *directory, const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";

    if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) {
        if (event->wd == directory->watch) {
            fprintf(stderr, "netpol-nfqueue: %s is gone; what was read from it stays\n", directory->path);
            inotify_rm_watch(directory->inotify, directory->watch);
            directory->watch = -1;
        }
        return false;
    }
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        return true;
    }
    if (is_manifest(name)) {
        set_written(directory, name, (event->mask & IN_MODIFY) != 0);
        return (event->mask & IN_MODIFY) == 0;
    }
    return strcmp(name, "..data") == 0;
}

bool directory_events(struct directory *directory)
{
    _Alignas(struct inotify_event) char buffer[16384];
    bool concerns = false;
    ssize_t length;

    while ((length = read(directory->inotify, buffer, sizeof buffer)) > 0) {
        ssize_t at = 0;
        while (at < length) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            concerns = take_in(directory, event) || concerns;
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return concerns;
}

bool directory_is_gone(const struct directory *directory)
{
    return directory->watch < 0;
}

bool directory_watch_again(struct directory *directory)
{
    directory->watch = inotify_add_watch(directory->inotify, directory->path, mask);
    while (directory->watch >= 0 && directory->written_len > 0) {
        free(directory->written[--directory->written_len]);
    }
    return directory->watch >= 0;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int directory_list(struct directory *directory, char ***names)
{
    DIR *stream = opendir(directory->path);
    const struct dirent *entry = NULL;
    int count = 0;

    *names = NULL;
    errno = stream == NULL ? errno : 0;
    while (errno == 0 && (entry = readdir(stream)) != NULL) {
        if (is_manifest(entry->d_name)) {
            char **more = realloc(*names, ((size_t)count + 1) * sizeof *more);
            if (more == NULL || ((*names = more)[count] = strdup(entry->d_name)) == NULL) {
                break;
            }
            count++;
        }
        errno = 0;
    }
    if (errno != 0) {
        fprintf(stderr, "netpol-nfqueue: %s: %s\n", directory->path, strerror(errno));
        directory_free_list(*names, count);
        count = -1;
    }
    if (stream != NULL) {
        closedir(stream);
    }
    if (count > 0) {
        qsort(*names, (size_t)count, sizeof **names, compare);
    }
    return count;
}

void directory_free_list(char **names, int count)
{
    while (count > 0) {
        free(names[--count]);
    }
    free(names);
}

bool directory_is_being_written(const struct directory *directory, const char *name)
{
    return find_written(directory, name) < directory->written_len;
}

void directory_close(struct directory *directory)
{
    if (directory->inotify >= 0) {
        close(directory->inotify);
    }
    directory_free_list(directory->written, (int)directory->written_len);
    free(directory->path);
    free(directory);
}
