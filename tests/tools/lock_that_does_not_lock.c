/* A network share whose locks do not lock: every flock() is given at once.
   cc -shared -fPIC -o lock_that_does_not_lock.so lock_that_does_not_lock.c */
int flock(int file, int operation) {
    (void)file;
    (void)operation;
    return 0;
}
