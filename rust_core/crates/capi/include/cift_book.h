/* CIFT's matching engine for C and for every language that can call C.
 *
 * One book: limit, immediate-or-cancel, fill-or-kill and market orders, cancels and changes, price
 * then time, trades at the resting order's price. The engine is the exchange's own, deterministic:
 * the same calls give the same reports and the same state hash, on any machine.
 *
 *     cift_book *book;
 *     cift_report reports[64];
 *     if (cift_book_create(NULL, &book) != CIFT_OK) return 1;
 *     cift_book_limit(book, 1, 7, CIFT_SELL, 10100, 5, reports, 64);
 *     int64_t count = cift_book_ioc(book, 2, 8, CIFT_BUY, 10100, 3, reports, 64);
 *     // count == 3: order 2 is new, order 2 takes 3 at 10100, order 1 gives 3 at 10100
 *     cift_book_destroy(book);
 *
 * Link with libcift_book.so, or with libcift_book.a and -lpthread -ldl -lm. Both are made by
 * `cargo build --release --package capi` in rust_core and are in rust_core/target/release.
 *
 * Numbers. Prices and quantities are integers from 1 to 10^12 in units of the caller's choice. An
 * order id is any 64-bit number that no open order has; it is free again when its order has ended.
 * An owner is any 32-bit number; only the owner of an order may cancel or change it.
 *
 * Commands. A command returns how many reports it caused, at least 1, or an error below 0: then
 * nothing has happened. What the book refuses is no error but a report, CIFT_REJECTED or
 * CIFT_CANCEL_REJECTED, with its reason: a book says no to an order, an error to a call.
 *
 * Reports. A command writes the first `room` of its reports to `reports`, in the order in which
 * they happened: of an incoming order CIFT_NEW first; then for each trade the taker's CIFT_TRADE
 * and the maker's, with one match_id; then CIFT_CANCELED if a rest is left that may not stay. More
 * than `room` are not lost: cift_book_reports reads them until the next command. 64 do for most
 * commands. No command causes more than CIFT_REPORTS_MAX: an order that would trade with more than
 * CIFT_TRADES_MAX others loses its rest, reason CIFT_REASON_OTHER. `reports` may be NULL when `room`
 * is 0. cift_book_on_report names a function that is given every report as well.
 *
 * Threads. A book belongs to one thread at a time; it may move between threads, and each thread may
 * have books of its own. The library has no thread and no lock. Two calls on one book at the same
 * time are a data race, cift_book_destroy included; a call from inside the book's own report
 * function is refused, CIFT_ERROR_BUSY.
 *
 * Failures. No call unwinds or exits. NULL, misaligned and oversized buffers are errors. Should the
 * engine find its own state broken, that call and all later ones return CIFT_ERROR_STOPPED, and
 * only cift_book_destroy is left. In the steady state no call allocates.
 *
 * Compatibility. Compare cift_book_abi() with CIFT_BOOK_ABI. Numbers and layouts of one ABI never
 * change; later versions add functions and numbers, so pass over kinds that you don't know.
 */
#ifndef CIFT_BOOK_H
#define CIFT_BOOK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CIFT_BOOK_ABI 1u
#define CIFT_REPORTS_MAX 40000
#define CIFT_TRADES_MAX 19999

/* A book. Made by cift_book_create, its content is the library's. */
typedef struct cift_book cift_book;

/* Results of calls. */
#define CIFT_OK 0
#define CIFT_ERROR_NULL (-1)     /* A pointer is NULL and must not be. */
#define CIFT_ERROR_ARGUMENT (-2) /* Not a size, alignment or option that there is. */
#define CIFT_ERROR_BUSY (-3)     /* The call came from inside another on the same book. */
#define CIFT_ERROR_STOPPED (-4)  /* The engine has stopped: destroy the book. */

/* Sides. */
#define CIFT_BUY 1
#define CIFT_SELL 2

/* Kinds of reports, FIX 150 in CIFT's numbers. */
#define CIFT_NEW 1             /* It became an order. */
#define CIFT_TRADE 2           /* It traded: last_price, last_quantity, match_id, liquidity. */
#define CIFT_REPLACED 3        /* It has other terms. */
#define CIFT_CANCELED 4        /* It has ended; `reason` if nobody asked for it. */
#define CIFT_REJECTED 6        /* It never became an order. */
#define CIFT_CANCEL_REJECTED 7 /* A cancel or change was refused; the order stands. */
#define CIFT_RESTATED 8        /* It lost quantity that would have traded with its owner's own. */

/* The part of an order in a trade. */
#define CIFT_MAKER 1 /* It rested. */
#define CIFT_TAKER 2 /* It came and took. */

/* Reasons that a book has. Numbers below 100 are those of FIX 103; on CIFT_CANCELED that keeps an
 * owner from trading with himself they are those of FIX 378. */
#define CIFT_REASON_NONE 0
#define CIFT_REASON_UNKNOWN_ORDER 5    /* No such open order, or another owner's. */
#define CIFT_REASON_DUPLICATE 6        /* An open order has this id. */
#define CIFT_REASON_UNSUPPORTED 11     /* No such side. */
#define CIFT_REASON_QUANTITY 13        /* Not a quantity from 1 to 10^12. */
#define CIFT_REASON_SELF_RESTING 17    /* It rested, its owner came. */
#define CIFT_REASON_PRICE 18           /* Not a price from 1 to 10^12. */
#define CIFT_REASON_SELF_AGGRESSING 18 /* It came, its owner's rested (on CIFT_CANCELED). */
#define CIFT_REASON_SELF_BOTH 19       /* Both were to go. */
#define CIFT_REASON_SELF_DECREMENT 20  /* Both lost what would have traded. */
#define CIFT_REASON_OTHER 99           /* More trades than one command may cause. */
#define CIFT_REASON_FOK 102            /* The book cannot fill all of it. */
#define CIFT_REASON_UNAVAILABLE 107    /* 4,194,304 orders are open. */

/* What becomes of two orders of one owner that would trade. */
#define CIFT_SELF_ALLOW 1
#define CIFT_SELF_CANCEL_RESTING 2
#define CIFT_SELF_CANCEL_AGGRESSING 3
#define CIFT_SELF_CANCEL_BOTH 4
#define CIFT_SELF_DECREMENT_BOTH 5

/* How a book is to be. Zeros: as with no options. */
typedef struct cift_book_options {
    uint32_t size;       /* sizeof(cift_book_options). */
    uint32_t self_trade; /* CIFT_SELF_...; 0: they trade. */
} cift_book_options;

/* One thing that happened to one order: 88 bytes. */
typedef struct cift_report {
    uint64_t number;         /* 1, 2, 3 ... over the life of the book, without gaps. */
    uint64_t order_id;       /* The caller's id of the order. */
    uint64_t match_id;       /* 1, 2, 3 ...: both sides of a trade have the same; else 0. */
    int64_t price;           /* Limit price; 0 on market orders. */
    int64_t quantity;        /* The order's total: traded plus open while it lives. */
    int64_t last_price;      /* Of this trade. */
    int64_t last_quantity;   /* Of this trade. */
    int64_t cum_quantity;    /* Traded so far. */
    int64_t leaves_quantity; /* Still open. */
    uint32_t owner;
    uint16_t kind;       /* CIFT_NEW ... */
    uint16_t reason;     /* CIFT_REASON_... */
    uint8_t side;        /* CIFT_BUY, CIFT_SELL; 0 on a refusal that knows none. */
    uint8_t liquidity;   /* CIFT_MAKER, CIFT_TAKER; 0: no trade. */
    uint8_t rests;       /* 1: the order is in the book after this report. */
    uint8_t reserved[5]; /* Zero. */
} cift_report;

/* A price level: 24 bytes. */
typedef struct cift_level {
    int64_t price;
    int64_t quantity; /* Sum of what is open. */
    uint64_t orders;  /* Number of orders. */
} cift_level;

/* Is given every report of a book, before the command that caused it returns, in order. `report` is
 * valid during the call. It must return: no exception and no longjmp may leave it. */
typedef void (*cift_report_function)(void *context, const cift_report *report);

/* The ABI of the library, to be compared with CIFT_BOOK_ABI. */
uint32_t cift_book_abi(void);

/* The library's version, as "0.1.0". */
const char *cift_book_version(void);

/* Makes an empty book; `options` may be NULL. */
int32_t cift_book_create(const cift_book_options *options, cift_book **book);

/* Ends a book; NULL is ignored. The book must not be used again. */
int32_t cift_book_destroy(cift_book *book);

/* Names the function that is given every report, and what it is given with it; NULL: none. */
int32_t cift_book_on_report(cift_book *book, cift_report_function function, void *context);

/* A limit order: takes at its price or better; what is left rests until filled or cancelled. */
int64_t cift_book_limit(cift_book *book, uint64_t order_id, uint32_t owner, uint8_t side,
                        int64_t price, int64_t quantity, cift_report *reports, size_t room);

/* Immediate or cancel: takes at its price or better, what is left is cancelled. */
int64_t cift_book_ioc(cift_book *book, uint64_t order_id, uint32_t owner, uint8_t side,
                      int64_t price, int64_t quantity, cift_report *reports, size_t room);

/* Fill or kill: takes all of it at its price or better, or nothing. */
int64_t cift_book_fok(cift_book *book, uint64_t order_id, uint32_t owner, uint8_t side,
                      int64_t price, int64_t quantity, cift_report *reports, size_t room);

/* A market order: takes at any price, what is left is cancelled. */
int64_t cift_book_market(cift_book *book, uint64_t order_id, uint32_t owner, uint8_t side,
                         int64_t quantity, cift_report *reports, size_t room);

/* Ends an open order. */
int64_t cift_book_cancel(cift_book *book, uint64_t order_id, uint32_t owner, cift_report *reports,
                         size_t room);

/* Changes what is open of an order and its price; 0: unchanged. Less keeps its place in the queue;
 * more, or another price, loses it and may trade. */
int64_t cift_book_modify(cift_book *book, uint64_t order_id, uint32_t owner, int64_t price,
                         int64_t open_quantity, cift_report *reports, size_t room);

/* The same, but the quantity is the order's total as in FIX, traded plus open; if that much has
 * traded, the order ends: CIFT_CANCELED. */
int64_t cift_book_replace(cift_book *book, uint64_t order_id, uint32_t owner, int64_t price,
                          int64_t total_quantity, cift_report *reports, size_t room);

/* Reads reports of the last command again, from the one at place `first` (0: the first) on; how
 * many were written. */
int64_t cift_book_reports(const cift_book *book, size_t first, cift_report *reports, size_t room);

/* Writes the best `room` levels of a side, best first; how many were written. */
int64_t cift_book_levels(const cift_book *book, uint8_t side, cift_level *levels, size_t room);

/* How many orders are open. */
int64_t cift_book_open_orders(const cift_book *book);

/* The running hash of all that has happened: books that were sent the same have the same. */
int32_t cift_book_state_hash(const cift_book *book, uint64_t *hash);

#ifdef __cplusplus
}
#endif

#endif
