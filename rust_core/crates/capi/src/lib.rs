//! The matching engine behind a C interface: `include/cift_book.h` says what each call does.
//!
//! Here is only what crossing into C takes: pointers are checked, a panic becomes an error, and a
//! call from inside another on the same book is refused. What a book does is in `book`.

#![allow(unsafe_code, reason = "pointers that come from C are read and written here")]

mod book;

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

use engine::pod::TimeInForce;
use engine::BatchError;

use book::Book;
pub use book::Report;

/// `CIFT_BOOK_ABI`.
pub const ABI: u32 = 1;
/// `CIFT_OK`.
pub const OK: i32 = 0;
/// `CIFT_ERROR_NULL`.
pub const ERROR_NULL: i32 = -1;
/// `CIFT_ERROR_ARGUMENT`.
pub const ERROR_ARGUMENT: i32 = -2;
/// `CIFT_ERROR_BUSY`.
pub const ERROR_BUSY: i32 = -3;
/// `CIFT_ERROR_STOPPED`.
pub const ERROR_STOPPED: i32 = -4;

/// `cift_book_options`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Options {
    /// Its size, as the caller knows it.
    pub size: u32,
    /// [`engine::pod::SelfTrade`].
    pub self_trade: u32,
}

/// `cift_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Level {
    /// The price.
    pub price: i64,
    /// Sum of what is open.
    pub quantity: i64,
    /// Number of orders.
    pub orders: u64,
}

/// `cift_report_function`.
pub type ReportFunction = Option<unsafe extern "C" fn(*mut c_void, *const Report)>;

/// `cift_book`.
#[derive(Debug)]
pub struct Handle {
    /// A call is under way.
    busy: Cell<bool>,
    /// A call panicked: what the book holds can't be trusted any more.
    stopped: Cell<bool>,
    function: Cell<ReportFunction>,
    context: Cell<*mut c_void>,
    /// Borrowed by the call that set `busy`, and by no other.
    book: UnsafeCell<Book>,
}

/// Enters a book, does something there that may panic, and leaves it.
///
/// # Safety
///
/// `handle` is null or from [`cift_book_create`], not destroyed, and no other thread uses it.
unsafe fn enter<T>(
    handle: *const Handle,
    act: impl FnOnce(&mut Book) -> Result<T, i32>,
) -> Result<T, i32> {
    // SAFETY: the caller's promise; null is None.
    let handle = unsafe { handle.as_ref() }.ok_or(ERROR_NULL)?;
    if handle.busy.get() {
        return Err(ERROR_BUSY);
    }
    if handle.stopped.get() {
        return Err(ERROR_STOPPED);
    }
    handle.busy.set(true);
    let done = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `busy` was false, so that nothing else has borrowed the book.
        act(unsafe { &mut *handle.book.get() })
    }));
    handle.busy.set(false);
    done.unwrap_or_else(|_| {
        handle.stopped.set(true);
        Err(ERROR_STOPPED)
    })
}

/// A caller's buffer is there, aligned, and no larger than memory.
fn check_buffer<T>(buffer: *const T, room: usize) -> Result<(), i32> {
    if room == 0 {
        return Ok(());
    }
    if buffer.is_null() {
        return Err(ERROR_NULL);
    }
    let bytes = room.checked_mul(size_of::<T>()).filter(|&bytes| isize::try_from(bytes).is_ok());
    if bytes.is_none() || !buffer.is_aligned() {
        return Err(ERROR_ARGUMENT);
    }
    Ok(())
}

/// Performs a command and hands its reports out.
///
/// # Safety
///
/// As [`enter`]; `reports` has room for so many reports.
#[inline]
unsafe fn command(
    handle: *mut Handle,
    reports: *mut Report,
    room: usize,
    act: impl FnOnce(&mut Book) -> Result<&[Report], BatchError>,
) -> i64 {
    let perform = |book: &mut Book| {
        check_buffer(reports, room)?;
        // A number of messages that no caller lives to see.
        let caused = act(book).map_err(|_| ERROR_STOPPED)?;
        let count = caused.len().min(room);
        // SAFETY: the caller has room for these; the book's own memory is elsewhere.
        unsafe { ptr::copy_nonoverlapping(caused.as_ptr(), reports, count) };
        Ok(caused.len())
    };
    // SAFETY: the caller's promise.
    match unsafe { enter(handle, perform) } {
        Ok(count) => {
            // SAFETY: it was entered, so it is there.
            let handle = unsafe { &*handle };
            if let Some(function) = handle.function.get() {
                // SAFETY: the caller's promise.
                unsafe { tell(handle, function, count) };
            }
            count as i64
        }
        Err(error) => i64::from(error),
    }
}

/// Gives the reports of the last command to the caller's function. The book counts as busy and is
/// borrowed only between calls.
///
/// # Safety
///
/// The function is what the header says, and may be called with the handle's context.
#[cold]
unsafe fn tell(
    handle: &Handle,
    function: unsafe extern "C" fn(*mut c_void, *const Report),
    count: usize,
) {
    handle.busy.set(true);
    for place in 0..count {
        // SAFETY: nothing else borrows the book while it is busy, and this borrow ends here.
        let report = unsafe { (*handle.book.get()).reports()[place] };
        // SAFETY: the caller's promise.
        unsafe { function(handle.context.get(), &raw const report) };
    }
    handle.busy.set(false);
}

/// See the header.
#[no_mangle]
pub extern "C" fn cift_book_abi() -> u32 {
    ABI
}

/// See the header.
#[no_mangle]
pub extern "C" fn cift_book_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// See the header.
///
/// # Safety
///
/// `options` is null or points to options of the size that they say; `book` to a pointer.
#[no_mangle]
pub unsafe extern "C" fn cift_book_create(options: *const Options, book: *mut *mut Handle) -> i32 {
    if book.is_null() {
        return ERROR_NULL;
    }
    if !book.is_aligned() || !options.is_aligned() {
        return ERROR_ARGUMENT;
    }
    let mut self_trade = 0;
    if !options.is_null() {
        // SAFETY: the caller's promise; the size comes first, and is looked at before the rest.
        unsafe {
            if (*options).size as usize != size_of::<Options>() {
                return ERROR_ARGUMENT;
            }
            self_trade = (*options).self_trade;
        }
    }
    let made = match catch_unwind(|| Book::new(self_trade)) {
        Ok(Some(made)) => made,
        Ok(None) => return ERROR_ARGUMENT,
        Err(_) => return ERROR_STOPPED,
    };
    let handle = Box::new(Handle {
        busy: Cell::new(false),
        stopped: Cell::new(false),
        function: Cell::new(None),
        context: Cell::new(ptr::null_mut()),
        book: UnsafeCell::new(made),
    });
    // SAFETY: the caller's promise.
    unsafe { book.write(Box::into_raw(handle)) };
    OK
}

/// See the header.
///
/// # Safety
///
/// As every call: `book` is null or from [`cift_book_create`], not destroyed, and no other thread
/// uses it.
#[no_mangle]
pub unsafe extern "C" fn cift_book_destroy(book: *mut Handle) -> i32 {
    if book.is_null() {
        return OK;
    }
    // SAFETY: the caller's promise.
    if unsafe { (*book).busy.get() } {
        return ERROR_BUSY;
    }
    // SAFETY: it came from a box, and the caller gives it back.
    match catch_unwind(AssertUnwindSafe(|| drop(unsafe { Box::from_raw(book) }))) {
        Ok(()) => OK,
        Err(_) => ERROR_STOPPED,
    }
}

/// See the header.
///
/// # Safety
///
/// As every call; `function` is what the header says.
#[no_mangle]
pub unsafe extern "C" fn cift_book_on_report(
    book: *mut Handle,
    function: ReportFunction,
    context: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { enter(book, |_| Ok(())) } {
        Ok(()) => {
            // SAFETY: it was entered, so it is there.
            let handle = unsafe { &*book };
            handle.function.set(function);
            handle.context.set(context);
            OK
        }
        Err(error) => error,
    }
}

/// Declares the calls that send an order with a price.
macro_rules! orders {
    ($($name:ident: $time_in_force:ident,)+) => {$(
        /// See the header.
        ///
        /// # Safety
        ///
        /// As every call; `reports` has room for so many reports.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            book: *mut Handle,
            order_id: u64,
            owner: u32,
            side: u8,
            price: i64,
            quantity: i64,
            reports: *mut Report,
            room: usize,
        ) -> i64 {
            let time = TimeInForce::$time_in_force;
            // SAFETY: the caller's promise.
            unsafe {
                command(book, reports, room, |book| {
                    book.submit(order_id, owner, side, time, Some(price), quantity)
                })
            }
        }
    )+};
}

orders! {
    cift_book_limit: Gtc,
    cift_book_ioc: Ioc,
    cift_book_fok: Fok,
}

/// See the header.
///
/// # Safety
///
/// As every call; `reports` has room for so many reports.
#[no_mangle]
pub unsafe extern "C" fn cift_book_market(
    book: *mut Handle,
    order_id: u64,
    owner: u32,
    side: u8,
    quantity: i64,
    reports: *mut Report,
    room: usize,
) -> i64 {
    let time = TimeInForce::Ioc;
    // SAFETY: the caller's promise.
    unsafe {
        command(book, reports, room, |book| {
            book.submit(order_id, owner, side, time, None, quantity)
        })
    }
}

/// See the header.
///
/// # Safety
///
/// As every call; `reports` has room for so many reports.
#[no_mangle]
pub unsafe extern "C" fn cift_book_cancel(
    book: *mut Handle,
    order_id: u64,
    owner: u32,
    reports: *mut Report,
    room: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { command(book, reports, room, |book| book.cancel(order_id, owner)) }
}

/// See the header.
///
/// # Safety
///
/// As every call; `reports` has room for so many reports.
#[no_mangle]
pub unsafe extern "C" fn cift_book_modify(
    book: *mut Handle,
    order_id: u64,
    owner: u32,
    price: i64,
    open_quantity: i64,
    reports: *mut Report,
    room: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        command(book, reports, room, |book| {
            book.replace(order_id, owner, price, open_quantity, true)
        })
    }
}

/// See the header.
///
/// # Safety
///
/// As every call; `reports` has room for so many reports.
#[no_mangle]
pub unsafe extern "C" fn cift_book_replace(
    book: *mut Handle,
    order_id: u64,
    owner: u32,
    price: i64,
    total_quantity: i64,
    reports: *mut Report,
    room: usize,
) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        command(book, reports, room, |book| {
            book.replace(order_id, owner, price, total_quantity, false)
        })
    }
}

/// See the header.
///
/// # Safety
///
/// As every call; `reports` has room for so many reports.
#[no_mangle]
pub unsafe extern "C" fn cift_book_reports(
    book: *const Handle,
    first: usize,
    reports: *mut Report,
    room: usize,
) -> i64 {
    let read = |book: &mut Book| {
        check_buffer(reports, room)?;
        let left = book.reports().get(first..).unwrap_or_default();
        let count = left.len().min(room);
        // SAFETY: the caller has room for these; the book's own memory is elsewhere.
        unsafe { ptr::copy_nonoverlapping(left.as_ptr(), reports, count) };
        Ok(count)
    };
    // SAFETY: the caller's promise.
    unsafe { enter(book, read) }.map_or_else(i64::from, |count| count as i64)
}

/// See the header.
///
/// # Safety
///
/// As every call; `levels` has room for so many levels.
#[no_mangle]
pub unsafe extern "C" fn cift_book_levels(
    book: *const Handle,
    side: u8,
    levels: *mut Level,
    room: usize,
) -> i64 {
    let read = |book: &mut Book| {
        check_buffer(levels, room)?;
        if !(1..=2).contains(&side) {
            return Err(ERROR_ARGUMENT);
        }
        let mut count = 0;
        for level in book.levels(side).take(room) {
            let orders = u64::from(level.orders);
            let level = Level { price: level.price, quantity: level.quantity, orders };
            // SAFETY: the caller has room for so many.
            unsafe { levels.add(count).write(level) };
            count += 1;
        }
        Ok(count)
    };
    // SAFETY: the caller's promise.
    unsafe { enter(book, read) }.map_or_else(i64::from, |count| count as i64)
}

/// See the header.
///
/// # Safety
///
/// As every call.
#[no_mangle]
pub unsafe extern "C" fn cift_book_open_orders(book: *const Handle) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { enter(book, |book| Ok(book.open_orders())) }
        .map_or_else(i64::from, |count| count as i64)
}

/// See the header.
///
/// # Safety
///
/// As every call; `hash` points to a number.
#[no_mangle]
pub unsafe extern "C" fn cift_book_state_hash(book: *const Handle, hash: *mut u64) -> i32 {
    let read = |book: &mut Book| {
        check_buffer(hash, 1)?;
        // SAFETY: the caller's promise.
        unsafe { hash.write(book.state_hash()) };
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { enter(book, read) }.unwrap_or_else(|error| error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panic anywhere inside becomes an error, and the book is not used again.
    #[test]
    fn a_panic_stops_the_book_and_nothing_else() {
        let mut book = ptr::null_mut();
        // SAFETY: one thread makes, uses and destroys the book, and each buffer is a variable.
        unsafe {
            assert_eq!(cift_book_create(ptr::null(), &raw mut book), OK);
            let mut hash = 0;
            assert_eq!(cift_book_state_hash(book, &raw mut hash), OK);
            assert_eq!(enter::<()>(book, |_| panic!("broken")), Err(ERROR_STOPPED));
            assert_eq!(cift_book_state_hash(book, &raw mut hash), ERROR_STOPPED);
            let stopped = cift_book_limit(book, 1, 1, 1, 1, 1, ptr::null_mut(), 0);
            assert_eq!(stopped, i64::from(ERROR_STOPPED));
            assert_eq!(cift_book_on_report(book, None, ptr::null_mut()), ERROR_STOPPED);
            assert_eq!(cift_book_destroy(book), OK);
        }
    }
}
