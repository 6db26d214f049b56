/* How long a call takes from C: `speed [COMMANDS]` prints one JSON object.
 *
 * exchange-core's mix on about a thousand resting orders: 9 % limit orders that rest, 3 % immediate
 * or cancel, 6 % cancels, 82 % moves to another price. All commands are made before the clock
 * starts; reports are written to a buffer. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cift_book.h"

#define RESTING 1000
#define ROOM 256
#define MIDDLE 1000000

struct command {
    uint64_t order_id;
    int64_t price, quantity;
    uint8_t what, side;
};

enum { LIMIT, IOC, CANCEL, MOVE };

static uint64_t state = 1;

static uint64_t below(uint64_t bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
}

static int64_t perform(cift_book *book, const struct command *one, cift_report *reports)
{
    switch (one->what) {
    case LIMIT:
        return cift_book_limit(book, one->order_id, 1, one->side, one->price, one->quantity,
                               reports, ROOM);
    case IOC:
        return cift_book_ioc(book, one->order_id, 1, one->side, one->price, one->quantity, reports,
                             ROOM);
    case CANCEL:
        return cift_book_cancel(book, one->order_id, 1, reports, ROOM);
    default:
        return cift_book_modify(book, one->order_id, 1, one->price, 0, reports, ROOM);
    }
}

/* Keeps the list of what is open as the reports say. */
static void note(const cift_report *reports, int64_t count, uint64_t *open, size_t *opened,
                 size_t *places)
{
    for (int64_t place = 0; place < count && place < ROOM; place++) {
        uint64_t id = reports[place].order_id;
        if (reports[place].kind == CIFT_NEW) {
            places[id] = *opened;
            open[(*opened)++] = id;
        } else if (reports[place].leaves_quantity == 0) {
            uint64_t last = open[--*opened];
            open[places[id]] = last;
            places[last] = places[id];
        }
    }
}

static struct command make(uint64_t number, uint64_t resting, const uint64_t *open, size_t opened)
{
    struct command one = {.order_id = number, .quantity = 1 + (int64_t)below(100)};
    uint64_t draw = number <= resting ? 0 : below(100);
    uint64_t away = below(500), nearer = below(500);
    away = away < nearer ? away : nearer;
    one.side = below(2) ? CIFT_BUY : CIFT_SELL;
    one.price = one.side == CIFT_BUY ? MIDDLE - (int64_t)away : MIDDLE + 1 + (int64_t)away;
    if (draw >= 9 && draw < 12) {
        one.what = IOC;
        one.quantity *= opened > resting ? 4 : 1;
        one.price = one.side == CIFT_BUY ? MIDDLE + 500 : MIDDLE - 500;
    } else if (draw >= 12 && opened > 0) {
        one.what = draw < 18 && opened >= resting ? CANCEL : MOVE;
        one.order_id = open[below(opened)];
    }
    return one;
}

int main(int count, char **arguments)
{
    const size_t commands = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000;
    const size_t all = commands + RESTING;
    struct command *made = calloc(all, sizeof *made);
    uint64_t *open = calloc(all + 1, sizeof *open);
    size_t *places = calloc(all + 1, sizeof *places), opened = 0;
    cift_report reports[ROOM];
    cift_book *book;
    int64_t caused = 0;
    if (!made || !open || !places || cift_book_create(NULL, &book) != CIFT_OK) {
        return 1;
    }
    /* A first book shows what is open when, so that the second can be timed without looking. */
    for (size_t number = 1; number <= all; number++) {
        struct command one = make(number, RESTING, open, opened);
        if (one.what == MOVE) {
            /* To its own side of the middle, wherever it was. */
            cift_book_modify(book, one.order_id, 1, 0, one.quantity, reports, ROOM);
            int buys = reports[0].side == CIFT_BUY;
            int64_t away = (int64_t)below(500);
            one.price = buys ? MIDDLE - away : MIDDLE + 1 + away;
        }
        made[number - 1] = one;
        note(reports, perform(book, &one, reports), open, &opened, places);
    }
    cift_book_destroy(book);
    if (cift_book_create(NULL, &book) != CIFT_OK) {
        return 1;
    }
    for (size_t number = 0; number < RESTING; number++) {
        perform(book, &made[number], reports);
    }
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t number = RESTING; number < all; number++) {
        caused += perform(book, &made[number], reports);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ns = 1e9 * (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec);
    printf("{\"commands\": %zu, \"reports\": %lld, \"open_at_end\": %lld, \"ns_per_call\": %.1f}\n",
           commands, (long long)caused, (long long)cift_book_open_orders(book),
           ns / (double)commands);
    cift_book_destroy(book);
    free(made);
    free(open);
    free(places);
    return 0;
}
