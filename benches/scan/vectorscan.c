/* Counts matches of a list of patterns in a file with Vectorscan, in blocks of 256 KiB that end at a newline.
   usage: vectorscan PATTERNS FILE. A pattern that it cannot compile is counted and left out. Says on stderr how many seconds
   compiling took, so that it can be left out of the comparison. */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 256 * 1024, MOST = 10000 };

static unsigned long matches;

static int count(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *context) {
  (void)id, (void)from, (void)to, (void)flags, (void)context;
  matches++;
  return 0;
}

static char *plain(const char *pattern) { /* (?P<name>...) -> (...): it knows no names */
  char *text = malloc(strlen(pattern) + 1), *out = text;
  while (*pattern) {
    if (strncmp(pattern, "(?P<", 4) == 0) {
      *out++ = '(';
      pattern = strchr(pattern, '>') + 1;
    } else {
      *out++ = *pattern++;
    }
  }
  *out = 0;
  return text;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count_of_arguments, char **arguments) {
  static const char *patterns[MOST];
  static unsigned int flags[MOST], ids[MOST];
  static char line[65536], buffer[BLOCK + 65536];
  unsigned int number = 0, left_out = 0;
  hs_compile_error_t *error;
  hs_database_t *database;
  hs_scratch_t *scratch = NULL;
  double began = now();
  if (count_of_arguments != 3) return 2;
  FILE *list = fopen(arguments[1], "r"), *log = fopen(arguments[2], "r");
  if (!list || !log) return 2;
  while (number < MOST && fgets(line, sizeof line, list)) {
    line[strcspn(line, "\n")] = 0;
    char *text = plain(line);
    hs_database_t *alone;
    if (hs_compile(text, HS_FLAG_SINGLEMATCH | HS_FLAG_MULTILINE | HS_FLAG_ALLOWEMPTY, HS_MODE_BLOCK, NULL, &alone, &error) != HS_SUCCESS) {
      left_out++;
      hs_free_compile_error(error);
      continue;
    }
    hs_free_database(alone);
    patterns[number] = text, flags[number] = HS_FLAG_MULTILINE | HS_FLAG_ALLOWEMPTY, ids[number] = number, number++;
  }
  if (hs_compile_multi(patterns, flags, ids, number, HS_MODE_BLOCK, NULL, &database, &error) != HS_SUCCESS) return 3;
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return 3;
  fprintf(stderr, "compiled %f\n", now() - began);
  size_t held = 0, got;
  while ((got = fread(buffer + held, 1, BLOCK, log)) > 0) {
    size_t length = held + got, end = length;
    while (end > 0 && buffer[end - 1] != '\n') end--;
    if (end == 0) end = length;
    hs_scan(database, buffer, (unsigned int)end, 0, scratch, count, NULL);
    held = length - end;
    if (held > 65536) held = 65536;
    memmove(buffer, buffer + end, held);
  }
  if (held) hs_scan(database, buffer, (unsigned int)held, 0, scratch, count, NULL);
  printf("%lu matches of %u patterns, %u left out\n", matches, number, left_out);
  return 0;
}
