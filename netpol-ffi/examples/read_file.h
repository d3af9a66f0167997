/* Reads a file as a whole. */

#ifndef READ_FILE_H
#define READ_FILE_H

#include <stdio.h>
#include <stdlib.h>

/* The whole of a file; NULL when it cannot be read. */
static inline char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0, count;

    *length = 0;
    if (file == NULL) {
        return NULL;
    }
    do {
        if (*length == room) {
            char *larger;
            room = room == 0 ? 65536 : room * 2;
            larger = realloc(text, room);
            if (larger == NULL) {
                break;
            }
            text = larger;
        }
        count = fread(text + *length, 1, room - *length, file);
        *length += count;
    } while (count != 0);
    fclose(file);
    return text;
}

#endif
