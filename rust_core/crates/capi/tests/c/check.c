/* Drives a book as an outside referee would, and checks every report; 0: all as said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cift_book.h"

#define LIKE(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

#define ROOM 64
#define LAYOUT(type, field) printf(#type "." #field " %zu\n", offsetof(type, field))
#define SIZE(type) printf(#type " %zu\n", sizeof(type))

static cift_report reports[ROOM];
static uint64_t last_number;

/* The order in which things happened is the order of the reports, and none is missing. */
static int64_t caused(int64_t count)
{
    LIKE(count >= 1 && count <= ROOM);
    for (int64_t place = 0; place < count; place++) {
        LIKE(reports[place].number == ++last_number);
    }
    return count;
}

static void is(int64_t place, uint16_t kind, uint64_t order_id, int64_t open)
{
    LIKE(reports[place].kind == kind);
    LIKE(reports[place].order_id == order_id);
    LIKE(reports[place].leaves_quantity == open);
}

static void is_trade(int64_t place, uint64_t taker, uint64_t maker, int64_t price, int64_t quantity)
{
    const cift_report *one = &reports[place], *other = &reports[place + 1];
    LIKE(one->kind == CIFT_TRADE && one->liquidity == CIFT_TAKER && one->order_id == taker);
    LIKE(other->kind == CIFT_TRADE && other->liquidity == CIFT_MAKER && other->order_id == maker);
    LIKE(one->match_id == other->match_id && one->match_id != 0);
    LIKE(one->last_price == price && other->last_price == price);
    LIKE(one->last_quantity == quantity && other->last_quantity == quantity);
    LIKE(one->side != other->side);
}

static void is_level(const cift_book *book, uint8_t side, int64_t price, int64_t quantity,
                     uint64_t orders)
{
    cift_level level;
    LIKE(cift_book_levels(book, side, &level, 1) == 1);
    LIKE(level.price == price && level.quantity == quantity && level.orders == orders);
}

static void orders_of_every_kind(void)
{
    cift_book *book = NULL;
    cift_report *all = reports;
    LIKE(cift_book_create(NULL, &book) == CIFT_OK && book != NULL);

    /* What rests says so; two at a price trade in order of arrival. */
    LIKE(caused(cift_book_limit(book, 1, 7, CIFT_SELL, 101, 5, all, ROOM)) == 1);
    is(0, CIFT_NEW, 1, 5);
    LIKE(reports[0].rests == 1 && reports[0].owner == 7 && reports[0].side == CIFT_SELL);
    LIKE(reports[0].price == 101 && reports[0].quantity == 5 && reports[0].cum_quantity == 0);
    caused(cift_book_limit(book, 2, 8, CIFT_SELL, 101, 5, all, ROOM));
    caused(cift_book_limit(book, 3, 9, CIFT_SELL, 103, 4, all, ROOM));
    is_level(book, CIFT_SELL, 101, 10, 2);

    /* Immediate or cancel: what is there up to its price, the rest ends. */
    LIKE(caused(cift_book_ioc(book, 4, 1, CIFT_BUY, 102, 12, all, ROOM)) == 6);
    is(0, CIFT_NEW, 4, 12);
    is_trade(1, 4, 1, 101, 5);
    is_trade(3, 4, 2, 101, 5);
    is(5, CIFT_CANCELED, 4, 0);
    LIKE(reports[5].cum_quantity == 10 && reports[5].reason == CIFT_REASON_NONE);
    is_level(book, CIFT_SELL, 103, 4, 1);

    /* Fill or kill: all or nothing. */
    LIKE(caused(cift_book_fok(book, 5, 1, CIFT_BUY, 103, 5, all, ROOM)) == 2);
    is(1, CIFT_CANCELED, 5, 0);
    LIKE(reports[1].reason == CIFT_REASON_FOK && reports[1].cum_quantity == 0);
    LIKE(caused(cift_book_fok(book, 5, 1, CIFT_BUY, 103, 3, all, ROOM)) == 3);
    is_trade(1, 5, 3, 103, 3);
    LIKE(reports[2].rests == 1 && reports[2].leaves_quantity == 1);

    /* A market order has no price. */
    LIKE(caused(cift_book_market(book, 6, 1, CIFT_BUY, 2, all, ROOM)) == 4);
    is_trade(1, 6, 3, 103, 1);
    is(3, CIFT_CANCELED, 6, 0);
    LIKE(cift_book_open_orders(book) == 0);

    /* A change: less keeps the place in the queue, more or another price loses it. */
    caused(cift_book_limit(book, 10, 1, CIFT_BUY, 99, 10, all, ROOM));
    caused(cift_book_limit(book, 11, 1, CIFT_BUY, 99, 10, all, ROOM));
    caused(cift_book_limit(book, 12, 1, CIFT_BUY, 98, 10, all, ROOM));
    LIKE(caused(cift_book_modify(book, 10, 1, 0, 6, all, ROOM)) == 1);
    is(0, CIFT_REPLACED, 10, 6);
    caused(cift_book_ioc(book, 13, 2, CIFT_SELL, 99, 2, all, ROOM));
    is_trade(1, 13, 10, 99, 2);
    caused(cift_book_modify(book, 10, 1, 0, 7, all, ROOM));
    caused(cift_book_modify(book, 12, 1, 99, 0, all, ROOM));
    is(0, CIFT_REPLACED, 12, 10);
    LIKE(caused(cift_book_ioc(book, 13, 2, CIFT_SELL, 99, 18, all, ROOM)) == 7);
    is_trade(1, 13, 11, 99, 10);
    is_trade(3, 13, 10, 99, 7);
    is_trade(5, 13, 12, 99, 1);

    /* A total counts what has traded; one below it ends the order. */
    caused(cift_book_replace(book, 12, 1, 0, 5, all, ROOM));
    is(0, CIFT_REPLACED, 12, 4);
    caused(cift_book_replace(book, 12, 1, 0, 1, all, ROOM));
    is(0, CIFT_CANCELED, 12, 0);

    /* A change that crosses trades at once. */
    caused(cift_book_limit(book, 14, 1, CIFT_BUY, 90, 1, all, ROOM));
    caused(cift_book_limit(book, 15, 2, CIFT_SELL, 95, 3, all, ROOM));
    LIKE(caused(cift_book_modify(book, 14, 1, 96, 5, all, ROOM)) == 3);
    is(0, CIFT_REPLACED, 14, 5);
    is_trade(1, 14, 15, 95, 3);
    LIKE(reports[1].rests == 1);
    is_level(book, CIFT_BUY, 96, 2, 1);

    /* A cancel ends what is left. */
    LIKE(caused(cift_book_cancel(book, 14, 1, all, ROOM)) == 1);
    is(0, CIFT_CANCELED, 14, 0);
    LIKE(cift_book_open_orders(book) == 0);
    LIKE(cift_book_destroy(book) == CIFT_OK);
}

static void refused(int64_t count, uint16_t kind, uint16_t reason)
{
    LIKE(count == 1 && reports[0].kind == kind && reports[0].reason == reason);
}

static void what_is_refused(void)
{
    cift_book *book;
    LIKE(cift_book_create(NULL, &book) == CIFT_OK);
    const int64_t most = 1000000000000;
    const uint64_t any = UINT64_MAX;
    cift_report *all = reports;

    cift_book_limit(book, any, 7, CIFT_BUY, most, most, all, ROOM);
    refused(cift_book_limit(book, any, 7, CIFT_BUY, 1, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_DUPLICATE);
    refused(cift_book_limit(book, 1, 7, 0, 1, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_UNSUPPORTED);
    refused(cift_book_limit(book, 1, 7, 255, 1, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_UNSUPPORTED);
    refused(cift_book_limit(book, 1, 7, CIFT_BUY, 0, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_PRICE);
    refused(cift_book_ioc(book, 1, 7, CIFT_BUY, INT64_MIN, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_PRICE);
    refused(cift_book_limit(book, 1, 7, CIFT_BUY, most + 1, 1, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_PRICE);
    refused(cift_book_fok(book, 1, 7, CIFT_BUY, 1, 0, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_QUANTITY);
    refused(cift_book_market(book, 1, 7, CIFT_BUY, INT64_MAX, all, ROOM), CIFT_REJECTED,
            CIFT_REASON_QUANTITY);
    refused(cift_book_cancel(book, 1, 7, all, ROOM), CIFT_CANCEL_REJECTED,
            CIFT_REASON_UNKNOWN_ORDER);
    refused(cift_book_cancel(book, any, 8, all, ROOM), CIFT_CANCEL_REJECTED,
            CIFT_REASON_UNKNOWN_ORDER);
    refused(cift_book_modify(book, any, 7, -1, 1, all, ROOM), CIFT_CANCEL_REJECTED,
            CIFT_REASON_PRICE);
    refused(cift_book_modify(book, any, 7, 1, INT64_MIN, all, ROOM), CIFT_CANCEL_REJECTED,
            CIFT_REASON_QUANTITY);
    LIKE(cift_book_open_orders(book) == 1);
    is_level(book, CIFT_BUY, most, most, 1);
    LIKE(cift_book_destroy(book) == CIFT_OK);
}

static void what_a_call_may_not_be(void)
{
    cift_book *book = NULL;
    cift_book_options options = {.size = sizeof options, .self_trade = 6};
    cift_level level;
    uint64_t hash;
    cift_report *crooked = (cift_report *)((char *)reports + 1);

    LIKE(cift_book_create(NULL, NULL) == CIFT_ERROR_NULL);
    LIKE(cift_book_create(&options, &book) == CIFT_ERROR_ARGUMENT);
    options.self_trade = 65536;
    LIKE(cift_book_create(&options, &book) == CIFT_ERROR_ARGUMENT);
    options = (cift_book_options){.size = 4};
    LIKE(cift_book_create(&options, &book) == CIFT_ERROR_ARGUMENT && book == NULL);
    LIKE(cift_book_limit(NULL, 1, 1, CIFT_BUY, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_ioc(NULL, 1, 1, CIFT_BUY, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_fok(NULL, 1, 1, CIFT_BUY, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_market(NULL, 1, 1, CIFT_BUY, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_cancel(NULL, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_modify(NULL, 1, 1, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_replace(NULL, 1, 1, 1, 1, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_reports(NULL, 0, reports, ROOM) == CIFT_ERROR_NULL);
    LIKE(cift_book_levels(NULL, CIFT_BUY, &level, 1) == CIFT_ERROR_NULL);
    LIKE(cift_book_open_orders(NULL) == CIFT_ERROR_NULL);
    LIKE(cift_book_state_hash(NULL, &hash) == CIFT_ERROR_NULL);
    LIKE(cift_book_on_report(NULL, NULL, NULL) == CIFT_ERROR_NULL);
    LIKE(cift_book_destroy(NULL) == CIFT_OK);

    LIKE(cift_book_create(NULL, &book) == CIFT_OK);
    LIKE(cift_book_limit(book, 1, 1, CIFT_BUY, 1, 1, NULL, 1) == CIFT_ERROR_NULL);
    LIKE(cift_book_limit(book, 1, 1, CIFT_BUY, 1, 1, crooked, 1) == CIFT_ERROR_ARGUMENT);
    LIKE(cift_book_limit(book, 1, 1, CIFT_BUY, 1, 1, reports, SIZE_MAX) == CIFT_ERROR_ARGUMENT);
    LIKE(cift_book_reports(book, 0, NULL, 1) == CIFT_ERROR_NULL);
    LIKE(cift_book_levels(book, CIFT_BUY, NULL, 1) == CIFT_ERROR_NULL);
    LIKE(cift_book_levels(book, 3, &level, 1) == CIFT_ERROR_ARGUMENT);
    LIKE(cift_book_state_hash(book, NULL) == CIFT_ERROR_NULL);
    /* Nothing has happened. */
    LIKE(cift_book_open_orders(book) == 0 && cift_book_reports(book, 0, reports, ROOM) == 0);
    LIKE(cift_book_destroy(book) == CIFT_OK);
}

static void self_trades(void)
{
    cift_book *book;
    cift_book_options options = {sizeof options, CIFT_SELF_CANCEL_RESTING};
    LIKE(cift_book_create(&options, &book) == CIFT_OK);
    cift_book_limit(book, 1, 7, CIFT_SELL, 100, 5, reports, ROOM);
    cift_book_limit(book, 2, 8, CIFT_SELL, 100, 5, reports, ROOM);
    LIKE(cift_book_limit(book, 3, 7, CIFT_BUY, 100, 5, reports, ROOM) == 4);
    is(0, CIFT_NEW, 3, 5);
    is(1, CIFT_CANCELED, 1, 0);
    LIKE(reports[1].reason == CIFT_REASON_SELF_RESTING);
    is_trade(2, 3, 2, 100, 5);
    LIKE(cift_book_destroy(book) == CIFT_OK);

    options.self_trade = CIFT_SELF_DECREMENT_BOTH;
    LIKE(cift_book_create(&options, &book) == CIFT_OK);
    cift_book_limit(book, 1, 7, CIFT_SELL, 100, 5, reports, ROOM);
    LIKE(cift_book_limit(book, 3, 7, CIFT_BUY, 100, 3, reports, ROOM) == 3);
    is(1, CIFT_RESTATED, 1, 2);
    is(2, CIFT_CANCELED, 3, 0);
    LIKE(reports[2].reason == CIFT_REASON_SELF_DECREMENT);
    LIKE(cift_book_destroy(book) == CIFT_OK);
}

struct told {
    cift_book *book;
    int64_t count;
    cift_report all[ROOM];
};

static void tell(void *context, const cift_report *report)
{
    struct told *told = context;
    LIKE(told->count < ROOM);
    told->all[told->count++] = *report;
    /* A report function looks at the report, not at the book. */
    LIKE(cift_book_cancel(told->book, 1, 1, NULL, 0) == CIFT_ERROR_BUSY);
    LIKE(cift_book_destroy(told->book) == CIFT_ERROR_BUSY);
    LIKE(cift_book_open_orders(told->book) == CIFT_ERROR_BUSY);
}

static void ways_to_read_reports(void)
{
    struct told told = {0};
    cift_report rest[ROOM];
    LIKE(cift_book_create(NULL, &told.book) == CIFT_OK);
    for (uint64_t order = 1; order <= 5; order++) {
        LIKE(cift_book_limit(told.book, order, 1, CIFT_SELL, 100, 1, NULL, 0) == 1);
    }
    LIKE(cift_book_on_report(told.book, tell, &told) == CIFT_OK);

    /* A buffer that is too small loses nothing. */
    memset(reports, 0xff, sizeof reports);
    LIKE(cift_book_ioc(told.book, 9, 2, CIFT_BUY, 100, 5, reports, 4) == 11);
    LIKE(reports[3].number == 9 && reports[4].number == UINT64_MAX);
    LIKE(cift_book_reports(told.book, 4, rest, ROOM) == 7 && rest[0].number == 10);
    LIKE(cift_book_reports(told.book, 11, rest, ROOM) == 0);
    LIKE(cift_book_reports(told.book, SIZE_MAX, rest, ROOM) == 0);
    LIKE(cift_book_reports(told.book, 0, rest, ROOM) == 11);
    LIKE(told.count == 11 && memcmp(told.all, rest, 11 * sizeof *rest) == 0);

    LIKE(cift_book_on_report(told.book, NULL, NULL) == CIFT_OK);
    LIKE(cift_book_cancel(told.book, 1, 1, NULL, 0) == 1);
    LIKE(told.count == 11);
    LIKE(cift_book_destroy(told.book) == CIFT_OK);
}

/* More trades than one command may cause: its rest ends, and the next goes on. */
static void a_long_sweep(void)
{
    cift_book *book;
    cift_report *all = calloc(CIFT_REPORTS_MAX, sizeof *all);
    LIKE(all != NULL && cift_book_create(NULL, &book) == CIFT_OK);
    for (uint64_t order = 1; order <= 20010; order++) {
        LIKE(cift_book_limit(book, order, 1, CIFT_SELL, 100 + order, 1, NULL, 0) == 1);
    }
    LIKE(cift_book_market(book, 30000, 2, CIFT_BUY, 20010, all, CIFT_REPORTS_MAX) ==
         2 + 2 * CIFT_TRADES_MAX);
    LIKE(all[1 + 2 * CIFT_TRADES_MAX].kind == CIFT_CANCELED);
    LIKE(all[1 + 2 * CIFT_TRADES_MAX].reason == CIFT_REASON_OTHER);
    LIKE(cift_book_open_orders(book) == 20010 - CIFT_TRADES_MAX);
    LIKE(cift_book_destroy(book) == CIFT_OK);
    free(all);
}

static uint64_t hash_of(uint64_t seed)
{
    cift_book *book;
    uint64_t hash;
    LIKE(cift_book_create(NULL, &book) == CIFT_OK);
    for (uint64_t order = 1; order <= 1000; order++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint8_t side = seed >> 63 ? CIFT_BUY : CIFT_SELL;
        int64_t price = 1000 + (int64_t)(seed >> 40 & 31), quantity = 1 + (int64_t)(seed >> 50 & 7);
        cift_book_limit(book, order, 1, side, price, quantity, NULL, 0);
        cift_book_cancel(book, order - (seed >> 33 & 15), 1, NULL, 0);
    }
    LIKE(cift_book_state_hash(book, &hash) == CIFT_OK);
    LIKE(cift_book_destroy(book) == CIFT_OK);
    return hash;
}

static void layouts(void)
{
    SIZE(cift_book_options);
    LAYOUT(cift_book_options, self_trade);
    SIZE(cift_level);
    LAYOUT(cift_level, quantity);
    LAYOUT(cift_level, orders);
    SIZE(cift_report);
    LAYOUT(cift_report, number);
    LAYOUT(cift_report, order_id);
    LAYOUT(cift_report, match_id);
    LAYOUT(cift_report, price);
    LAYOUT(cift_report, quantity);
    LAYOUT(cift_report, last_price);
    LAYOUT(cift_report, last_quantity);
    LAYOUT(cift_report, cum_quantity);
    LAYOUT(cift_report, leaves_quantity);
    LAYOUT(cift_report, owner);
    LAYOUT(cift_report, kind);
    LAYOUT(cift_report, reason);
    LAYOUT(cift_report, side);
    LAYOUT(cift_report, liquidity);
    LAYOUT(cift_report, rests);
    LAYOUT(cift_report, reserved);
}

int main(void)
{
    LIKE(cift_book_abi() == CIFT_BOOK_ABI);
    LIKE(strchr(cift_book_version(), '.') != NULL);
    layouts();
    orders_of_every_kind();
    what_is_refused();
    what_a_call_may_not_be();
    self_trades();
    ways_to_read_reports();
    a_long_sweep();
    LIKE(hash_of(1) == hash_of(1) && hash_of(1) != hash_of(2));
    return 0;
}
