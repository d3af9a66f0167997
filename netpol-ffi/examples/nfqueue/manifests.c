#include "manifests.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

/* A file as it was read last. */
struct file {
    char *name;
    struct stat stat;          /* all 0 when it is to be read again */
    netpol_manifest *manifest; /* what was read and is not applied yet */
    bool present, changed, in_force;
};

/* An object of the cluster, and the file that it is from. */
struct object {
    int32_t kind;
    char *namespace_, *name;
    uint32_t line;
    const struct file *file;
    bool is_leaving; /* its file changed, and has not been seen to have it still */
};

struct manifests {
    const struct options *options;
    netpol_cluster *cluster;
    struct file **files; /* in order of name */
    size_t files_len, objects_len;
    void *objects; /* a tree of `struct object`, for tsearch */
    bool synced;
};

static int compare_objects(const void *left, const void *right)
{
    const struct object *a = left, *b = right;
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    order = order != 0 ? order : strcmp(a->namespace_, b->namespace_);
    return order != 0 ? order : strcmp(a->name, b->name);
}

struct manifests *manifests_new(const struct options *options)
{
    struct manifests *manifests = calloc(1, sizeof *manifests);
    netpol_options knobs = {0};
    netpol_status status;

    if (manifests == NULL) {
        perror("netpol-nfqueue");
        return NULL;
    }
    manifests->options = options;
    knobs.size = sizeof knobs;
    /* With a file missing that isolates, more would pass than its author thinks. */
    knobs.until_synced = options->fail_open ? 2 : 1;
    status = netpol_cluster_new(&knobs, &manifests->cluster);
    if (status != NETPOL_STATUS_OK) {
        report_status("cluster", status);
        free(manifests);
        return NULL;
    }
    return manifests;
}

/* The file of this name, new if need be; NULL without memory. */
static struct file *find_file(struct manifests *manifests, const char *name)
{
    struct file **files = manifests->files;
    size_t at = 0, end = manifests->files_len;

    while (at < end) {
        size_t middle = at + (end - at) / 2;
        int order = strcmp(files[middle]->name, name);
        if (order == 0) {
            return files[middle];
        }
        if (order < 0) {
            at = middle + 1;
        } else {
            end = middle;
        }
    }
    files = realloc(files, (manifests->files_len + 1) * sizeof *files);
    if (files == NULL) {
        return NULL;
    }
    manifests->files = files;
    memmove(files + at + 1, files + at, (manifests->files_len - at) * sizeof *files);
    files[at] = calloc(1, sizeof **files);
    if (files[at] == NULL || (files[at]->name = strdup(name)) == NULL) {
        free(files[at]);
        memmove(files + at, files + at + 1, (manifests->files_len - at) * sizeof *files);
        return NULL;
    }
    manifests->files_len++;
    return files[at];
}

static bool is_same(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino && left->st_size == right->st_size &&
           left->st_mtim.tv_sec == right->st_mtim.tv_sec && left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           left->st_ctim.tv_sec == right->st_ctim.tv_sec && left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

/* The rest of an open file; NULL when it cannot be read. */
static char *read_rest(int descriptor, size_t size, size_t *length)
{
    char *text = malloc(size + 1);
    ssize_t count = 1;

    /* One byte more than there should be tells whether it grew meanwhile; then another event comes. */
    for (*length = 0; text != NULL && count > 0 && *length <= size; *length += count > 0 ? (size_t)count : 0) {
        count = read(descriptor, text + *length, size + 1 - *length);
    }
    if (text != NULL && count < 0) {
        free(text);
        text = NULL;
    }
    return text;
}

/* Reads a file that is not as it was; an error number, 0 for none. */
static int read_changed(struct manifests *manifests, struct file *file, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = 0;
    struct stat now;
    netpol_str text = {NULL, 0};
    char *buffer;

    if (descriptor < 0 || fstat(descriptor, &now) < 0) {
        error = errno;
    } else if (!S_ISREG(now.st_mode)) {
        error = EINVAL;
    } else if (!is_same(&now, &file->stat)) {
        text.data = buffer = read_rest(descriptor, (size_t)now.st_size, &text.len);
        error = buffer == NULL ? errno : 0;
        if (error == 0) {
            netpol_status status =
                netpol_manifest_read(manifests->cluster, netpol_str_of(path), text, &file->manifest);
            file->stat = now;
            file->changed = true;
            if (status != NETPOL_STATUS_OK) {
                report_status(path, status);
            }
            free(buffer);
        }
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return error;
}

static void read_file(struct manifests *manifests, struct file *file)
{
    char *path;
    int error;

    if (asprintf(&path, "%s/%s", manifests->options->directory, file->name) < 0) {
        perror("netpol-nfqueue");
        return;
    }
    error = read_changed(manifests, file, path);
    if (error == ENOENT) { /* gone since it was listed, or a link to what is gone */
        file->present = false;
    } else if (error != 0) {
        fprintf(stderr, "error: %s; what it said before stays\n --> %s\n", strerror(error), path);
        memset(&file->stat, 0, sizeof file->stat);
    }
    free(path);
}

/* Marks objects whose files are gone or changed. */
static void mark_leaving(const void *node, VISIT visit, void *unused)
{
    struct object *object = *(struct object *const *)node;

    (void)unused;
    if (visit == postorder || visit == leaf) {
        object->is_leaving = !object->file->present || object->file->changed;
    }
}

/* Takes that back for a file that stays what it was. */
static void mark_staying(const void *node, VISIT visit, void *file)
{
    struct object *object = *(struct object *const *)node;

    if ((visit == postorder || visit == leaf) && object->file == file) {
        object->is_leaving = false;
    }
}

struct leaving {
    struct object **objects;
    size_t count;
};

static void collect_leaving(const void *node, VISIT visit, void *closure)
{
    struct object *object = *(struct object *const *)node;
    struct leaving *leaving = closure;

    if ((visit == postorder || visit == leaf) && object->is_leaving) {
        leaving->objects[leaving->count++] = object;
    }
}

static void free_object(void *node)
{
    struct object *object = node;

    free(object->namespace_);
    free(object->name);
    free(object);
}

/* An object of a manifest, with texts of its own; NULL without memory. */
static struct object *copy_object(const netpol_manifest *manifest, size_t index, const struct file *file)
{
    struct object *object = calloc(1, sizeof *object);
    netpol_object from;

    if (object == NULL || netpol_manifest_at(manifest, index, &from) != NETPOL_STATUS_OK) {
        free(object);
        return NULL;
    }
    object->kind = from.kind;
    object->line = from.line;
    object->file = file;
    object->namespace_ = strndup(from.namespace_.len > 0 ? from.namespace_.data : "", from.namespace_.len);
    object->name = strndup(from.name.len > 0 ? from.name.data : "", from.name.len);
    if (object->namespace_ == NULL || object->name == NULL) {
        free_object(object);
        return NULL;
    }
    return object;
}

/* Whether a file may have an object: it has a name, and no other file has it. Says why not. */
static bool may_have(const struct manifests *manifests, const struct object *object)
{
    struct object *const *there = tfind(object, &manifests->objects, compare_objects);
    const char *directory = manifests->options->directory;

    if (object->name[0] == '\0' || object->name[strlen(object->name) - 1] == '*') {
        fprintf(stderr, "error: an object without a name cannot be followed\n --> %s/%s:%u\n", directory,
                object->file->name, object->line);
        return false;
    }
    if (there != NULL && (*there)->file != object->file && !(*there)->is_leaving) {
        fprintf(stderr, "error: %s `%s%s%s` is there already, from %s:%u\n --> %s/%s:%u\n",
                report_kind(object->kind), object->namespace_,
                object->namespace_[0] == '\0' ? "" : "/", object->name, (*there)->file->name, (*there)->line,
                directory, object->file->name, object->line);
        return false;
    }
    return true;
}

/* Applies what was read of a file, as a whole or not at all. */
static bool apply(struct manifests *manifests, struct file *file)
{
    size_t count = netpol_manifest_count(file->manifest), i;
    struct object **objects = calloc(count + 1, sizeof *objects);
    bool is_good = objects != NULL;
    netpol_report *report = NULL;
    netpol_status status = NETPOL_STATUS_OK;

    for (i = 0; i < count && objects != NULL; i++) {
        objects[i] = copy_object(file->manifest, i, file);
        is_good = objects[i] != NULL && may_have(manifests, objects[i]) && is_good;
    }
    if (is_good) {
        status = netpol_cluster_apply_manifest(manifests->cluster, file->manifest, manifests->options->admission,
                                               &report);
        report_print(report);
        is_good = status == NETPOL_STATUS_OK;
    }
    if (status != NETPOL_STATUS_OK && status != NETPOL_STATUS_REFUSED) {
        report_status(file->name, status);
    }
    for (i = 0; i < count && objects != NULL; i++) {
        struct object **there = is_good ? tsearch(objects[i], &manifests->objects, compare_objects) : NULL;
        if (there != NULL && *there == objects[i]) {
            manifests->objects_len++;
            continue;
        }
        if (there != NULL) {
            (*there)->file = file;
            (*there)->line = objects[i]->line;
            (*there)->is_leaving = false;
        }
        if (objects[i] != NULL) {
            free_object(objects[i]);
        }
    }
    free(objects);
    return is_good;
}

/* Removes an object from the cluster. A Namespace would take with it what other files have in it, so it
 * becomes one that nobody described, which is the same as none. */
static void remove_object(struct manifests *manifests, struct object *object)
{
    netpol_namespace undescribed = {sizeof undescribed, {NULL, 0}, NULL, 0};
    netpol_status status;

    undescribed.name = netpol_str_of(object->name);
    if (object->kind == NETPOL_KIND_NAMESPACE) {
        status = netpol_cluster_upsert_namespace(manifests->cluster, &undescribed, NETPOL_ADMISSION_STORED, NULL);
    } else {
        status = netpol_cluster_delete(manifests->cluster, object->kind, netpol_str_of(object->namespace_),
                                       netpol_str_of(object->name), NULL);
    }
    if (status != NETPOL_STATUS_OK) {
        report_status(object->name, status);
    }
    tdelete(object, &manifests->objects, compare_objects);
    manifests->objects_len--;
    free_object(object);
}

static bool remove_leaving(struct manifests *manifests)
{
    struct leaving leaving = {calloc(manifests->objects_len + 1, sizeof *leaving.objects), 0};
    size_t i;

    if (leaving.objects == NULL) {
        perror("netpol-nfqueue");
        return false;
    }
    twalk_r(manifests->objects, collect_leaving, &leaving);
    for (i = 0; i < leaving.count; i++) {
        remove_object(manifests, leaving.objects[i]);
    }
    free(leaving.objects);
    return leaving.count > 0;
}

/* Finds out which files are there and reads those that changed. */
static bool look(struct manifests *manifests, struct directory *directory)
{
    char **names;
    int count = directory_list(directory, &names), i;
    size_t at;

    if (count < 0) {
        return false;
    }
    for (at = 0; at < manifests->files_len; at++) {
        manifests->files[at]->present = false;
    }
    for (i = 0; i < count; i++) {
        struct file *file = find_file(manifests, names[i]);
        if (file == NULL) {
            perror("netpol-nfqueue");
            continue;
        }
        file->present = true;
        if (!directory_is_being_written(directory, names[i])) {
            read_file(manifests, file);
        }
    }
    directory_free_list(names, count);
    return true;
}

/* Forgets files that are gone. Nothing refers to them any more. */
static void forget(struct manifests *manifests)
{
    size_t at, kept = 0;

    for (at = 0; at < manifests->files_len; at++) {
        struct file *file = manifests->files[at];
        if (file->present) {
            manifests->files[kept++] = file;
        } else {
            free(file->name);
            free(file);
        }
    }
    manifests->files_len = kept;
}

/* Applies what changed of files that are in force, or of those that are not; whether anything was taken in. */
static bool apply_changed(struct manifests *manifests, bool in_force)
{
    bool changed = false;
    size_t at;

    for (at = 0; at < manifests->files_len; at++) {
        struct file *file = manifests->files[at];
        if (!file->present || !file->changed || file->in_force != in_force) {
            continue;
        }
        file->changed = false;
        if (file->manifest != NULL && apply(manifests, file)) {
            file->in_force = changed = true;
        } else {
            /* What it said before stays, and it is read again when anything changes. */
            twalk_r(manifests->objects, mark_staying, file);
            memset(&file->stat, 0, sizeof file->stat);
        }
        netpol_manifest_free(file->manifest);
        file->manifest = NULL;
    }
    return changed;
}

bool manifests_load(struct manifests *manifests, struct directory *directory)
{
    bool changed, synced = true;
    size_t at;

    if (!look(manifests, directory)) {
        return false;
    }
    twalk_r(manifests->objects, mark_leaving, NULL);
    /* Whoever has an object keeps it, before another can claim it. */
    changed = apply_changed(manifests, true);
    changed = apply_changed(manifests, false) || changed;
    changed = remove_leaving(manifests) || changed;
    forget(manifests);
    for (at = 0; at < manifests->files_len; at++) {
        synced = synced && manifests->files[at]->in_force;
    }
    if (synced && !manifests->synced) {
        manifests->synced = changed = netpol_cluster_set_synced(manifests->cluster, true) == NETPOL_STATUS_OK;
    }
    return changed;
}

netpol_engine *manifests_publish(struct manifests *manifests)
{
    netpol_engine *engine = NULL;
    netpol_report *report = NULL;
    netpol_status status = netpol_cluster_publish(manifests->cluster, &engine, &report);

    report_print(report);
    if (status != NETPOL_STATUS_OK) {
        report_status("publish", status);
    }
    return engine;
}

netpol_readers *manifests_readers(const struct manifests *manifests)
{
    netpol_readers *readers = NULL;
    netpol_status status = netpol_cluster_readers(manifests->cluster, &readers);

    if (status != NETPOL_STATUS_OK) {
        report_status("readers", status);
    }
    return readers;
}

struct manifests_counters manifests_count(const struct manifests *manifests)
{
    struct manifests_counters counters = {manifests->files_len, manifests->objects_len, 0, manifests->synced};
    size_t at;

    /* A file that is in force is not read again until it changes. */
    for (at = 0; at < manifests->files_len; at++) {
        counters.refused += manifests->files[at]->stat.st_ino == 0;
    }
    return counters;
}

void manifests_free(struct manifests *manifests)
{
    size_t at;

    for (at = 0; at < manifests->files_len; at++) {
        netpol_manifest_free(manifests->files[at]->manifest);
        free(manifests->files[at]->name);
        free(manifests->files[at]);
    }
    free(manifests->files);
    tdestroy(manifests->objects, free_object);
    netpol_cluster_free(manifests->cluster);
    free(manifests);
}
